//! DPM2 with ancestral noise: DPM2's step further down than is wanted, then noise up to the wanted level.
//!
//! ```text
//! x ← dpm2(x, σ → σ_down) + σ_up z,   σ_up = min(σ', η sqrt(σ'² (σ² − σ'²)/σ²)),  σ_down = sqrt(σ'² − σ_up²)
//! ```
//!
//! k-diffusion's `sample_dpm_2_ancestral`, <https://github.com/crowsonkb/k-diffusion>, in the frame `x/α`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::noise::check_noise;
use super::{Level, Sampler, Solver, Vector, Walk, combine, frame};
use crate::Result;
use crate::registry::{About, Member};

/// Second order in its drift, two evaluations a step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Dpm2Ancestral {
    /// How much of the posterior's noise is drawn; 0 is DPM2.
    #[schemars(range(min = 0.0))]
    pub eta: f64,
    /// Factor on the noise that is drawn.
    #[schemars(range(min = 0.0))]
    pub s_noise: f64,
}

impl Default for Dpm2Ancestral {
    fn default() -> Self {
        Self { eta: 1.0, s_noise: 1.0 }
    }
}

impl Member for Dpm2Ancestral {
    const ABOUT: About = About {
        summary: "DPM2 with ancestral noise (k-diffusion)",
        paper: "Lu et al. 2022, https://arxiv.org/abs/2206.00927; https://github.com/crowsonkb/k-diffusion",
    };
}

impl Solver for Dpm2Ancestral {
    fn order(&self) -> u32 {
        2
    }
    fn stochastic(&self) -> bool {
        self.eta > 0.0
    }
    fn evaluations(&self) -> Option<usize> {
        Some(2)
    }
    fn check(&self) -> Result<()> {
        check_noise(self.eta, self.s_noise)
    }
    fn build(&self) -> Box<dyn Sampler> {
        Box::new(self.clone())
    }
}

impl Sampler for Dpm2Ancestral {
    fn step(&mut self, walk: &Walk, x: Vector, from: Level, to: Level) -> Result<Vector> {
        let (down, up) = frame::ancestral(from.ratio(), to.ratio(), self.eta);
        let mut terms = frame::dpm2(walk, x, from, frame::level(to.alpha, down));
        // Where `η` is large the noise may be all of the level (`down = 0`): k-diffusion draws none then, and stands below `to`.
        if up > 0.0 {
            terms.push((to.alpha * up * self.s_noise, walk.draw()));
        }
        Ok(combine(terms))
    }
}
