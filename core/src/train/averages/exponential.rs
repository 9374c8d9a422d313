//! The exponential moving average, faster at first.
//!
//! ```text
//! θ̂ ← d θ̂ + (1 − d) θ,   d = min(decay, (1 + n)/(10 + n)) after step n
//! ```
//!
//! Polyak and Juditsky 1992, <https://doi.org/10.1137/0330046>; the warm-up is TensorFlow's and diffusers'.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Averaging;
use crate::Result;
use crate::config::check::within;
use crate::registry::{About, Member};

/// An exponential moving average. A plain number is its decay.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Exponential {
    /// The share that stays a step; 0 keeps none.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub decay: f64,
}

impl Default for Exponential {
    fn default() -> Self {
        Self { decay: 0.999 }
    }
}

impl Member for Exponential {
    const ABOUT: About = About {
        summary: "Exponential moving average, faster at first",
        paper: "Polyak and Juditsky 1992, https://doi.org/10.1137/0330046",
    };
}

impl Averaging for Exponential {
    fn check(&self) -> Result<()> {
        within("decay", self.decay, 0.0, 1.0)
    }

    fn decays(&self, step: u64) -> Vec<f64> {
        let n = step as f64;
        vec![self.decay.min((1.0 + n) / (10.0 + n))]
    }
}
