//! `η_t = η sqrt(t_ref / max(t, t_ref))` after a linear warm-up.
//!
//! Vaswani et al. 2017, section 5.3, <https://arxiv.org/abs/1706.03762>; in this form Karras et al. 2024, Eq. 67,
//! <https://arxiv.org/abs/2312.02696>, whose averages after the fact it goes with.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Rate, warmed};
use crate::Result;
use crate::config::check::{at_least, positive};
use crate::registry::{About, Member};

/// Constant until step `reference`, then as the inverse of the root of time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct InverseSqrt {
    /// The rate after the warm-up.
    pub peak: f64,
    /// Steps in which it is reached.
    pub warmup: u64,
    /// The step from which it falls.
    pub reference: u64,
}

impl Default for InverseSqrt {
    fn default() -> Self {
        Self { peak: 1e-3, warmup: 100, reference: 1000 }
    }
}

impl Member for InverseSqrt {
    const ABOUT: About = About {
        summary: "Falls as the inverse root of time after a plateau",
        paper: "Karras et al. 2024, Eq. 67, https://arxiv.org/abs/2312.02696",
    };
}

impl Rate for InverseSqrt {
    fn check(&self) -> Result<()> {
        positive("peak", self.peak)?;
        at_least("reference", self.reference as usize, 1)
    }

    fn at(&self, step: u64, _steps: u64) -> f64 {
        let past = (self.reference as f64 / step.max(self.reference) as f64).sqrt();
        self.peak * warmed(step, self.warmup) * past
    }
}
