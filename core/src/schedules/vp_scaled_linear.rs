//! `β = (√b₀ + t (√b₁ − √b₀))²`, `B = ∫β`, `α = exp(−B/2)`, `σ = sqrt(1 − exp(−B))`, for `t` from 0 to 1.
//!
//! The "scaled linear" betas of latent diffusion (Rombach et al. 2022, <https://arxiv.org/abs/2112.10752>) in continuous time: a
//! thousand steps from 0.00085 to 0.012 are `b₀ = 0.85`, `b₁ = 12`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Schedule;
use crate::Result;
use crate::config::check::positive;
use crate::registry::{About, Member};

/// Variance preserving, the root of its rate of noise linear in time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct VpScaledLinear {
    /// `β` at data.
    pub beta_min: f64,
    /// `β` at noise.
    pub beta_max: f64,
}

impl Default for VpScaledLinear {
    fn default() -> Self {
        Self { beta_min: 0.85, beta_max: 12.0 }
    }
}

impl Member for VpScaledLinear {
    const ABOUT: About = About {
        summary: "Variance preserving, linear √β (Stable Diffusion in continuous time)",
        paper: "Rombach et al. 2022, https://arxiv.org/abs/2112.10752",
    };
}

impl VpScaledLinear {
    /// `√b₀` and `√b₁ − √b₀`.
    fn line(&self) -> (f64, f64) {
        let a = self.beta_min.sqrt();
        (a, self.beta_max.sqrt() - a)
    }

    fn beta(&self, t: f64) -> f64 {
        let (a, d) = self.line();
        (a + t * d).powi(2)
    }

    /// `B(t) = ((a + t d)³ − a³)/(3 d)`, multiplied out.
    fn integral(&self, t: f64) -> f64 {
        let (a, d) = self.line();
        t * (a * a + t * d * (a + t * d / 3.0))
    }
}

impl Schedule for VpScaledLinear {
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
    /// With `w = a + t d`: `w³ = a³ + 3 d B` and `t = (w − a)/d = 3 B/(w² + w a + a²)`, which does not cancel.
    fn time(&self, ratio: f64) -> f64 {
        let (a, d) = self.line();
        let integral = (ratio * ratio).ln_1p().min(self.integral(1.0));
        let w = (a.powi(3) + 3.0 * d * integral).cbrt();
        (3.0 * integral / (w * w + w * a + a * a)).min(1.0)
    }
    fn largest(&self) -> f64 {
        self.integral(1.0).exp_m1().sqrt()
    }
    fn check(&self) -> Result<()> {
        positive("beta_min", self.beta_min)?;
        positive("beta_max", self.beta_max)
    }
}
