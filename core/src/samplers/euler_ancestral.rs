//! Euler's method with ancestral noise: walk further down than is wanted, then add noise up to the wanted level.
//!
//! ```text
//! σ_up = min(σ', η sqrt(σ'² (σ² − σ'²)/σ²)),  σ_down = sqrt(σ'² − σ_up²)
//! x ← x + (σ_down − σ) (x − D)/σ + σ_up z
//! ```
//!
//! k-diffusion's `sample_euler_ancestral`, <https://github.com/crowsonkb/k-diffusion>, in the frame `x/α`; with `η = 1` the posterior of
//! Song et al. 2021, Eq. 47, <https://arxiv.org/abs/2011.13456>.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::noise::check_noise;
use super::{Level, Sampler, Solver, Vector, Walk, combine, frame};
use crate::Result;
use crate::registry::{About, Member};

/// First order, one evaluation a step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct EulerAncestral {
    /// How much of the posterior's noise is drawn; 0 is Euler's method.
    #[schemars(range(min = 0.0))]
    pub eta: f64,
    /// Factor on the noise that is drawn.
    #[schemars(range(min = 0.0))]
    pub s_noise: f64,
}

impl Default for EulerAncestral {
    fn default() -> Self {
        Self { eta: 1.0, s_noise: 1.0 }
    }
}

impl Member for EulerAncestral {
    const ABOUT: About = About {
        summary: "Euler with ancestral noise (k-diffusion)",
        paper: "Song et al. 2021, Eq. 47, https://arxiv.org/abs/2011.13456; https://github.com/crowsonkb/k-diffusion",
    };
}

impl Solver for EulerAncestral {
    fn order(&self) -> u32 {
        1
    }
    fn stochastic(&self) -> bool {
        self.eta > 0.0
    }
    fn check(&self) -> Result<()> {
        check_noise(self.eta, self.s_noise)
    }
    fn build(&self) -> Box<dyn Sampler> {
        Box::new(self.clone())
    }
}

impl Sampler for EulerAncestral {
    fn step(&mut self, walk: &Walk, x: Vector, from: Level, to: Level) -> Result<Vector> {
        let (down, up) = frame::ancestral(from.ratio(), to.ratio(), self.eta);
        let denoised = walk.denoise(&x, from);
        let noise = (up > 0.0).then(|| (to.alpha * up * self.s_noise, walk.draw()));
        let step = frame::euler(x, denoised, from, frame::level(to.alpha, down));
        Ok(combine(step.into_iter().chain(noise)))
    }
}
