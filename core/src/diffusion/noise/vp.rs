//! `σ/α = sqrt(exp(B) − 1)`, `B = ∫β` with linear `β`, `t ~ U(t_min, 1)`.
//!
//! Song et al. 2021, Eq. 32 and appendix C, <https://arxiv.org/abs/2011.13456>: how variance-preserving score models are trained.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{LevelDistribution, at};
use crate::Result;
use crate::config::check::between;
use crate::registry::{About, Member};
use crate::schedules::{Schedule, VpLinear};

/// Time of the linear variance-preserving schedule uniform.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Vp {
    /// `β` at data.
    pub beta_min: f64,
    /// `β` at noise.
    pub beta_max: f64,
    /// The earliest time; at 0 the score is not bounded.
    pub t_min: f64,
}

impl Default for Vp {
    fn default() -> Self {
        Self { beta_min: 0.1, beta_max: 20.0, t_min: 1e-5 }
    }
}

impl Member for Vp {
    const ABOUT: About = About {
        summary: "Time of the linear VP schedule uniform (score-based models, VP)",
        paper: "Song et al. 2021, Eq. 32, https://arxiv.org/abs/2011.13456",
    };
}

impl Vp {
    fn schedule(&self) -> VpLinear {
        VpLinear { beta_min: self.beta_min, beta_max: self.beta_max }
    }
}

impl LevelDistribution for Vp {
    fn sigma(&self, u: f64) -> f64 {
        at(&self.schedule(), self.t_min + u * (1.0 - self.t_min))
    }
    fn check(&self) -> Result<()> {
        between("t_min", self.t_min, 0.0, 1.0)?;
        self.schedule().check()
    }
}
