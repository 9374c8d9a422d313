//! A straight line from the peak to the floor, after a linear warm-up.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Rate, descended, warmed};
use crate::Result;
use crate::config::check::{not_negative, positive};
use crate::registry::{About, Member};

/// A straight line from `peak` to `floor`, after a linear warm-up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Linear {
    /// The rate after the warm-up.
    pub peak: f64,
    /// Steps in which it is reached.
    pub warmup: u64,
    /// The rate at the end.
    pub floor: f64,
}

impl Default for Linear {
    fn default() -> Self {
        Self { peak: 1e-3, warmup: 100, floor: 0.0 }
    }
}

impl Member for Linear {
    const ABOUT: About = About { summary: "A straight line down after a linear warm-up", paper: "-" };
}

impl Rate for Linear {
    fn check(&self) -> Result<()> {
        positive("peak", self.peak)?;
        not_negative("floor", self.floor)
    }

    fn at(&self, step: u64, steps: u64) -> f64 {
        let done = descended(step, steps, self.warmup);
        warmed(step, self.warmup) * (self.peak + (self.floor - self.peak) * done)
    }
}
