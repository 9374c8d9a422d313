//! What the panel is set to.

use serde::{Deserialize, Serialize};

/// All that decides what is seen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// An entry of the zoo.
    pub model: String,
    /// Which number of the latent goes across.
    pub across: usize,
    /// Which goes down.
    pub down: usize,
    /// How far the map reaches on either side, in standard deviations of the prior.
    pub reach: f64,
    /// Where in the map one stands, each from -1 to 1.
    pub at: [f64; 2],
    /// The first drawing, in whose latent all other numbers of the map are; empty for the prior's middle.
    pub from: String,
    /// The second drawing.
    pub to: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            model: "mnist/vae".into(),
            across: 0,
            down: 1,
            reach: 2.5,
            at: [0.0, 0.0],
            from: String::new(),
            to: String::new(),
        }
    }
}
