//! Averages whose profile is a power of time, kept in snapshots from which an average of any length is made afterwards.
//!
//! ```text
//! θ̂_γ(t) = β_γ(t) θ̂_γ(t − 1) + (1 − β_γ(t)) θ(t),   β_γ(t) = (1 − 1/t)^(γ + 1)
//! ```
//!
//! Karras et al. 2024, "Analyzing and Improving the Training Dynamics of Diffusion Models", <https://arxiv.org/abs/2312.02696>,
//! section 3.1, Eq. 2. Unlike an exponential average, it forgets the beginning at a rate that is the same share of training
//! however long that lasts, and needs no warm-up: `β(1) = 0`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Averaging, sigma_rel_to_gamma};
use crate::Result;
use crate::config::check::{at_least, between, not_empty};
use crate::registry::{About, Member};

/// The relative width of the plain mean over all of training, `γ = 0`, is `1/√12`, a little more than this.
pub const LONGEST: f64 = 0.288;

/// Power-function averages with snapshots.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Power {
    /// Widths `σ_rel` of the averages that are kept, as shares of training; samples are drawn with the first.
    pub lengths: Vec<f64>,
    /// Steps between snapshots, from which an average of any length can be made afterwards (`kiln average`). Each takes the
    /// weights' size for each length.
    pub snapshot_every: u64,
}

impl Default for Power {
    /// The paper's two lengths.
    fn default() -> Self {
        Self { lengths: vec![0.05, 0.10], snapshot_every: 1000 }
    }
}

impl Member for Power {
    const ABOUT: About = About {
        summary: "Power-function averages, with snapshots for an average of any length afterwards",
        paper: "Karras et al. 2024, https://arxiv.org/abs/2312.02696",
    };
}

impl Averaging for Power {
    fn check(&self) -> Result<()> {
        not_empty("lengths", &self.lengths)?;
        for (place, length) in self.lengths.iter().enumerate() {
            between(&format!("lengths.{place}"), *length, 0.0, LONGEST)?;
        }
        at_least("snapshot_every", self.snapshot_every as usize, 1)
    }

    fn decays(&self, step: u64) -> Vec<f64> {
        let beta = |length: &f64| libm::pow(1.0 - 1.0 / step as f64, sigma_rel_to_gamma(*length) + 1.0);
        self.lengths.iter().map(beta).collect()
    }

    fn snapshot_every(&self) -> u64 {
        self.snapshot_every
    }

    fn lengths(&self) -> &[f64] {
        &self.lengths
    }
}
