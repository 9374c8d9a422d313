//! A weight that rises in a straight line.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Scheduled, passed};
use crate::Result;
use crate::config::check::at_least;
use crate::registry::{About, Member};

/// From 0 to 1 within `over` steps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LinearWeight {
    /// Steps before it begins to rise.
    pub delay: u64,
    /// Steps in which it rises.
    pub over: u64,
}

impl Default for LinearWeight {
    fn default() -> Self {
        Self { delay: 0, over: 1000 }
    }
}

impl Member for LinearWeight {
    const ABOUT: About = About {
        summary: "Rises in a straight line",
        paper: "Bowman et al. 2016, section 3.1, https://arxiv.org/abs/1511.06349",
    };
}

impl Scheduled for LinearWeight {
    fn at(&self, step: u64, _steps: u64) -> f64 {
        passed(step, self.delay, self.over)
    }
    fn check(&self) -> Result<()> {
        at_least("over", self.over as usize, 1)
    }
}
