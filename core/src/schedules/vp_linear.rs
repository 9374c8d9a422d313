//! `β = β_min + t (β_max − β_min)`, `B = ∫β`, `α = exp(−B/2)`, `σ = sqrt(1 − exp(−B))`, for `t` from 0 to 1.
//!
//! Song et al. 2021, Eq. 32 and 33, <https://arxiv.org/abs/2011.13456>: the limit of the thousand linear betas of Ho et al. 2020,
//! <https://arxiv.org/abs/2006.11239>.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Schedule;
use crate::Result;
use crate::config::check::positive;
use crate::registry::{About, Member};

/// Variance preserving, its rate of noise linear in time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct VpLinear {
    /// `β` at data.
    pub beta_min: f64,
    /// `β` at noise.
    pub beta_max: f64,
}

impl Default for VpLinear {
    fn default() -> Self {
        Self { beta_min: 0.1, beta_max: 20.0 }
    }
}

impl Member for VpLinear {
    const ABOUT: About = About {
        summary: "Variance preserving, linear β (DDPM in continuous time)",
        paper: "Song et al. 2021, https://arxiv.org/abs/2011.13456; Ho et al. 2020, https://arxiv.org/abs/2006.11239",
    };
}

impl VpLinear {
    /// `β(t)`.
    pub(super) fn beta(&self, t: f64) -> f64 {
        self.beta_min + t * (self.beta_max - self.beta_min)
    }

    /// `B(t) = ∫₀ᵗ β`.
    pub(super) fn integral(&self, t: f64) -> f64 {
        t * (self.beta_min + 0.5 * t * (self.beta_max - self.beta_min))
    }

    /// The time at which `B` is that, 1 at most; the root that does not cancel.
    pub(super) fn when(&self, integral: f64) -> f64 {
        let slope = self.beta_max - self.beta_min;
        let root = (self.beta_min * self.beta_min + 2.0 * slope * integral.min(self.integral(1.0))).sqrt();
        (2.0 * integral / (self.beta_min + root)).min(1.0)
    }
}

impl Schedule for VpLinear {
    fn alpha(&self, t: f64) -> f64 {
        (-0.5 * self.integral(t)).exp()
    }
    fn sigma(&self, t: f64) -> f64 {
        (-(-self.integral(t)).exp_m1()).sqrt()
    }
    fn d_alpha(&self, t: f64) -> f64 {
        -0.5 * self.beta(t) * self.alpha(t)
    }
    fn d_sigma(&self, t: f64) -> f64 {
        0.5 * self.beta(t) * (-self.integral(t)).exp() / self.sigma(t)
    }
    fn time(&self, ratio: f64) -> f64 {
        self.when((ratio * ratio).ln_1p())
    }
    fn largest(&self) -> f64 {
        self.integral(1.0).exp_m1().sqrt()
    }
    fn check(&self) -> Result<()> {
        positive("beta_min", self.beta_min)?;
        positive("beta_max", self.beta_max)
    }
}
