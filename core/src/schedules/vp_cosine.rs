//! `α = cos(u)/cos(u₀)`, `u = (t + s)/(1 + s) · π/2`, `u₀ = u(0)`, `σ = sqrt(1 − α²)`, for `t` from 0 to 1.
//!
//! Nichol and Dhariwal 2021, Eq. 17, <https://arxiv.org/abs/2102.09672>, with their offset `s`, in continuous time.

use std::f64::consts::FRAC_PI_2;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{LATEST, Schedule};
use crate::Result;
use crate::config::check::within;
use crate::registry::{About, Member};

/// The cosine schedule with its offset.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct VpCosine {
    /// The offset, which keeps the first steps from data from being too small; 0.008 in the paper.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub s: f64,
}

impl Default for VpCosine {
    fn default() -> Self {
        Self { s: 0.008 }
    }
}

impl Member for VpCosine {
    const ABOUT: About = About {
        summary: "Variance preserving, cosine with offset (improved DDPM)",
        paper: "Nichol and Dhariwal 2021, Eq. 17, https://arxiv.org/abs/2102.09672",
    };
}

impl VpCosine {
    /// `du/dt`.
    fn speed(&self) -> f64 {
        FRAC_PI_2 / (1.0 + self.s)
    }

    /// `u(0)` and `u(t) − u(0)`.
    fn angles(&self, t: f64) -> (f64, f64) {
        (self.s * self.speed(), t * self.speed())
    }
}

impl Schedule for VpCosine {
    fn alpha(&self, t: f64) -> f64 {
        let (first, gone) = self.angles(t);
        (first + gone).cos() / first.cos()
    }
    /// `1 − cos²u/cos²u₀ = sin(u + u₀) sin(u − u₀)/cos²u₀`, which does not cancel.
    fn sigma(&self, t: f64) -> f64 {
        let (first, gone) = self.angles(t);
        ((2.0 * first + gone).sin() * gone.sin()).sqrt() / first.cos()
    }
    fn d_alpha(&self, t: f64) -> f64 {
        let (first, gone) = self.angles(t);
        -self.speed() * (first + gone).sin() / first.cos()
    }
    fn d_sigma(&self, t: f64) -> f64 {
        -self.alpha(t) * self.d_alpha(t) / self.sigma(t)
    }
    /// From `sin²u = sin²u₀ + cos²u₀ σ²` and `cos u = cos u₀ α`.
    fn time(&self, ratio: f64) -> f64 {
        let (first, _) = self.angles(0.0);
        let (alpha, variance) = (1.0 / ratio.hypot(1.0), 1.0 / (1.0 + ratio.powi(-2)));
        let gained = first.cos().powi(2) * variance;
        let u = (first.sin().powi(2) + gained).sqrt().atan2(first.cos() * alpha);
        // Near data the difference of the angles is small: it has a sine of its own.
        let gone = if ratio < 1.0 { (gained / (u + first).sin()).asin() } else { u - first };
        if ratio == 0.0 { 0.0 } else { (gone / self.speed()).min(LATEST) }
    }
    fn check(&self) -> Result<()> {
        within("s", self.s, 0.0, 1.0)
    }
}
