//! `logit(t) ~ N(mean, std²)` on the straight path.
//!
//! Esser et al. 2024, section 3.1, <https://arxiv.org/abs/2403.03206>.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{LevelDistribution, bearable, normal_quantile, straight};
use crate::Result;
use crate::registry::{About, Member};

/// `logit(t) ~ N(mean, std²)` on the straight path, so `ln σ` too: the middle of the path is seen most.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LogitNormal {
    /// Mean of `logit(t)`; above 0 more noise, below 0 less.
    pub mean: f64,
    /// Standard deviation of `logit(t)`.
    pub std: f64,
}

impl Default for LogitNormal {
    fn default() -> Self {
        Self { mean: 0.0, std: 1.0 }
    }
}

impl Member for LogitNormal {
    const ABOUT: About = About {
        summary: "Logit of the straight path's time normal",
        paper: "Esser et al. 2024, section 3.1, https://arxiv.org/abs/2403.03206",
    };
}

impl LevelDistribution for LogitNormal {
    fn sigma(&self, u: f64) -> f64 {
        let logit = self.mean + self.std * normal_quantile(u);
        straight(1.0 / (1.0 + (-logit).exp()))
    }
    fn check(&self) -> Result<()> {
        bearable(self.mean, self.std)
    }
}
