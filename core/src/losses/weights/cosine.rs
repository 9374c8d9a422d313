//! A weight that rises as half a cosine.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Scheduled, passed};
use crate::Result;
use crate::config::check::at_least;
use crate::registry::{About, Member};

/// `(1 − cos πu)/2` with `u` from 0 to 1 within `over` steps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CosineWeight {
    /// Steps before it begins to rise.
    pub delay: u64,
    /// Steps in which it rises.
    pub over: u64,
}

impl Default for CosineWeight {
    fn default() -> Self {
        Self { delay: 0, over: 1000 }
    }
}

impl Member for CosineWeight {
    const ABOUT: About = About { summary: "Rises as half a cosine, flat at both ends", paper: "-" };
}

impl Scheduled for CosineWeight {
    fn at(&self, step: u64, _steps: u64) -> f64 {
        0.5 - 0.5 * libm::cos(std::f64::consts::PI * passed(step, self.delay, self.over))
    }
    fn check(&self) -> Result<()> {
        at_least("over", self.over as usize, 1)
    }
}
