//! Half a cosine from the peak to the floor, after a linear warm-up.
//!
//! Loshchilov and Hutter 2017, Eq. 5 without restarts, <https://arxiv.org/abs/1608.03983>.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Rate, descended, warmed};
use crate::Result;
use crate::config::check::{not_negative, positive};
use crate::registry::{About, Member};

/// Half a cosine from `peak` to `floor`, after a linear warm-up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Cosine {
    /// The rate after the warm-up.
    pub peak: f64,
    /// Steps in which it is reached.
    pub warmup: u64,
    /// The rate at the end.
    pub floor: f64,
}

impl Default for Cosine {
    fn default() -> Self {
        Self { peak: 1e-3, warmup: 100, floor: 0.0 }
    }
}

impl Member for Cosine {
    const ABOUT: About = About {
        summary: "Half a cosine after a linear warm-up",
        paper: "Loshchilov and Hutter 2017, https://arxiv.org/abs/1608.03983",
    };
}

impl Rate for Cosine {
    fn check(&self) -> Result<()> {
        positive("peak", self.peak)?;
        not_negative("floor", self.floor)
    }

    fn at(&self, step: u64, steps: u64) -> f64 {
        let angle = std::f64::consts::PI * descended(step, steps, self.warmup);
        warmed(step, self.warmup) * (self.floor + (self.peak - self.floor) * 0.5 * (1.0 + angle.cos()))
    }
}
