//! `B = ∫β` with linear `β`, `α = exp(−B/2)`, `σ = 1 − exp(−B)`: less noise than the variance-preserving schedule at every time.
//!
//! Song et al. 2021, Eq. 29 and appendix B, <https://arxiv.org/abs/2011.13456>.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Schedule, VpLinear};
use crate::Result;
use crate::registry::{About, Member};

/// The sub-VP schedule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SubVp {
    /// `β` at data.
    pub beta_min: f64,
    /// `β` at noise.
    pub beta_max: f64,
}

impl Default for SubVp {
    fn default() -> Self {
        Self { beta_min: 0.1, beta_max: 20.0 }
    }
}

impl Member for SubVp {
    const ABOUT: About = About {
        summary: "Sub-VP: variance below that of the linear VP schedule",
        paper: "Song et al. 2021, https://arxiv.org/abs/2011.13456",
    };
}

impl SubVp {
    /// The schedule whose `β` this is.
    fn line(&self) -> VpLinear {
        VpLinear { beta_min: self.beta_min, beta_max: self.beta_max }
    }
}

impl Schedule for SubVp {
    fn alpha(&self, t: f64) -> f64 {
        (-0.5 * self.line().integral(t)).exp()
    }
    fn sigma(&self, t: f64) -> f64 {
        -(-self.line().integral(t)).exp_m1()
    }
    fn d_alpha(&self, t: f64) -> f64 {
        -0.5 * self.line().beta(t) * self.alpha(t)
    }
    fn d_sigma(&self, t: f64) -> f64 {
        self.line().beta(t) * (-self.line().integral(t)).exp()
    }
    /// `σ/α = 2 sinh(B/2)`.
    fn time(&self, ratio: f64) -> f64 {
        self.line().when(2.0 * (0.5 * ratio).asinh())
    }
    fn largest(&self) -> f64 {
        2.0 * (0.5 * self.line().integral(1.0)).sinh()
    }
    fn check(&self) -> Result<()> {
        self.line().check()
    }
}
