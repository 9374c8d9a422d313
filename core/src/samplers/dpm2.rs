//! DPM2: Euler's step to the geometric mean of the two levels, then the whole way with the slope found there.
//!
//! ```text
//! σ_m = sqrt(σ σ'),  x_m = x + (σ_m − σ) d(x; σ),   x ← x + (σ' − σ) d(x_m; σ_m),   d(x; σ) = (x − D)/σ
//! ```
//!
//! k-diffusion's `sample_dpm_2`, <https://github.com/crowsonkb/k-diffusion>, in the frame `x/α`, after DPM-Solver-2 of Lu et al. 2022,
//! <https://arxiv.org/abs/2206.00927>. The last step, into data, is Euler's.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Level, Sampler, Solver, Vector, Walk, combine, frame};
use crate::Result;
use crate::registry::{About, Member};

/// Second order, two evaluations a step.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Dpm2 {}

impl Member for Dpm2 {
    const ABOUT: About = About {
        summary: "DPM2, second order, midpoint in log-sigma (k-diffusion)",
        paper: "Lu et al. 2022, https://arxiv.org/abs/2206.00927; https://github.com/crowsonkb/k-diffusion",
    };
}

impl Solver for Dpm2 {
    fn order(&self) -> u32 {
        2
    }
    fn evaluations(&self) -> Option<usize> {
        Some(2)
    }
    fn build(&self) -> Box<dyn Sampler> {
        Box::new(self.clone())
    }
}

impl Sampler for Dpm2 {
    fn step(&mut self, walk: &Walk, x: Vector, from: Level, to: Level) -> Result<Vector> {
        Ok(combine(frame::dpm2(walk, x, from, to)))
    }
}
