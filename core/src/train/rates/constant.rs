//! One rate after a linear warm-up.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Rate, warmed};
use crate::Result;
use crate::config::check::positive;
use crate::registry::{About, Member};

/// `peak`, after a linear warm-up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Constant {
    /// The rate.
    pub peak: f64,
    /// Steps in which it is reached.
    pub warmup: u64,
}

impl Default for Constant {
    fn default() -> Self {
        Self { peak: 1e-3, warmup: 100 }
    }
}

impl Member for Constant {
    const ABOUT: About = About { summary: "Constant after a linear warm-up", paper: "-" };
}

impl Rate for Constant {
    fn check(&self) -> Result<()> {
        positive("peak", self.peak)
    }

    fn at(&self, step: u64, _steps: u64) -> f64 {
        self.peak * warmed(step, self.warmup)
    }
}
