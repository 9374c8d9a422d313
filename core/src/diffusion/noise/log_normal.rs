//! `ln σ ~ N(mean, std²)`.
//!
//! Karras et al. 2022, Table 1, <https://arxiv.org/abs/2206.00364>.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{LevelDistribution, bearable, normal_quantile};
use crate::Result;
use crate::registry::{About, Member};

/// `ln σ ~ N(mean, std²)`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LogNormal {
    /// Mean of `ln σ`.
    pub mean: f64,
    /// Standard deviation of `ln σ`.
    pub std: f64,
}

impl Default for LogNormal {
    fn default() -> Self {
        Self { mean: -1.2, std: 1.2 }
    }
}

impl Member for LogNormal {
    const ABOUT: About = About {
        summary: "Logarithm of the noise level normal",
        paper: "Karras et al. 2022, Table 1, https://arxiv.org/abs/2206.00364",
    };
}

impl LevelDistribution for LogNormal {
    fn sigma(&self, u: f64) -> f64 {
        (self.mean + self.std * normal_quantile(u)).exp()
    }
    fn check(&self) -> Result<()> {
        bearable(self.mean, self.std)
    }
}
