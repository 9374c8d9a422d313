//! `σ = σ_min (σ_max/σ_min)^t`, `t ~ U(0, 1)`: the logarithm of the noise level uniform.
//!
//! Song et al. 2021, Eq. 30 and appendix C, <https://arxiv.org/abs/2011.13456>. With `prediction: epsilon` and `weight: unit` this is
//! denoising score matching as variance-exploding models are trained; the likelihood's weight is `simple` here.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::LevelDistribution;
use crate::config::check::positive;
use crate::registry::{About, Member};
use crate::{Error, Result};

/// `ln σ` uniform.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Ve {
    /// The lowest level.
    pub sigma_min: f64,
    /// The highest.
    pub sigma_max: f64,
}

impl Default for Ve {
    fn default() -> Self {
        Self { sigma_min: 0.01, sigma_max: 50.0 }
    }
}

impl Member for Ve {
    const ABOUT: About = About {
        summary: "Logarithm of the noise level uniform (score-based models, VE)",
        paper: "Song et al. 2021, Eq. 30, https://arxiv.org/abs/2011.13456",
    };
}

impl LevelDistribution for Ve {
    fn sigma(&self, u: f64) -> f64 {
        self.sigma_min * (self.sigma_max / self.sigma_min).powf(u)
    }
    fn check(&self) -> Result<()> {
        positive("sigma_min", self.sigma_min)?;
        positive("sigma_max", self.sigma_max)?;
        if self.sigma_max > self.sigma_min {
            return Ok(());
        }
        let message = format!("wanted more than sigma_min ({}); this is {}", self.sigma_min, self.sigma_max);
        Err(Error::config("sigma_max", message))
    }
}
