//! `σ/α = 2 sinh(B/2)`, `B = ∫β` with linear `β`, `t ~ U(t_min, 1)`.
//!
//! Song et al. 2021, Eq. 29 and appendix C, <https://arxiv.org/abs/2011.13456>.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{LevelDistribution, at};
use crate::Result;
use crate::config::check::between;
use crate::registry::{About, Member};
use crate::schedules::{self, Schedule};

/// Time of the sub-VP schedule uniform.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SubVp {
    /// `β` at data.
    pub beta_min: f64,
    /// `β` at noise.
    pub beta_max: f64,
    /// The earliest time; at 0 the score is not bounded.
    pub t_min: f64,
}

impl Default for SubVp {
    fn default() -> Self {
        Self { beta_min: 0.1, beta_max: 20.0, t_min: 1e-5 }
    }
}

impl Member for SubVp {
    const ABOUT: About = About {
        summary: "Time of the sub-VP schedule uniform (score-based models, sub-VP)",
        paper: "Song et al. 2021, Eq. 29, https://arxiv.org/abs/2011.13456",
    };
}

impl SubVp {
    fn schedule(&self) -> schedules::SubVp {
        schedules::SubVp { beta_min: self.beta_min, beta_max: self.beta_max }
    }
}

impl LevelDistribution for SubVp {
    fn sigma(&self, u: f64) -> f64 {
        at(&self.schedule(), self.t_min + u * (1.0 - self.t_min))
    }
    fn check(&self) -> Result<()> {
        between("t_min", self.t_min, 0.0, 1.0)?;
        self.schedule().check()
    }
}
