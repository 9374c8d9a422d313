//! Ancestral DPM-Solver++(2S): the second-order singlestep solver down to a lower level, then noise back up.
//!
//! ```text
//! in the frame x/α:  (d, u) = frame::ancestral(σ, σ'),  s = sqrt(σ d)
//! y = (s/σ) x + (1 − s/σ) D(x; σ),   x' = (d/σ) x + (1 − d/σ) D(y; s) + u ΔW
//! ```
//!
//! `sample_dpmpp_2s_ancestral` of k-diffusion, <https://github.com/crowsonkb/k-diffusion>, after Lu et al. 2022, Algorithm 1,
//! <https://arxiv.org/abs/2211.01095>. The noise is that of one path, whatever the number of steps.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::noise::check_noise;
use super::{Level, Sampler, Solver, Term, Vector, Walk, combine, frame};
use crate::Result;
use crate::registry::{About, Member};

/// Stochastic, two evaluations a step; with `eta` 0 it is DPM-Solver++(2S).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Dpmpp2sAncestral {
    /// Share of the posterior's noise that is drawn anew.
    #[schemars(range(min = 0.0))]
    pub eta: f64,
    /// Factor of the noise added, 1 in theory.
    #[schemars(range(min = 0.0))]
    pub s_noise: f64,
}

impl Default for Dpmpp2sAncestral {
    fn default() -> Self {
        Self { eta: 1.0, s_noise: 1.0 }
    }
}

impl Member for Dpmpp2sAncestral {
    const ABOUT: About = About {
        summary: "DPM-Solver++ 2S ancestral, second order, singlestep",
        paper: "k-diffusion, https://github.com/crowsonkb/k-diffusion; Lu et al. 2022, Algorithm 1, https://arxiv.org/abs/2211.01095",
    };
}

impl Solver for Dpmpp2sAncestral {
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

impl Sampler for Dpmpp2sAncestral {
    fn step(&mut self, walk: &Walk, x: Vector, from: Level, to: Level) -> Result<Vector> {
        let sigma = from.ratio();
        let (down, up) = frame::ancestral(sigma, to.ratio(), self.eta);
        let mut terms = second_order(walk, x, from, frame::level(to.alpha, down));
        if up > 0.0 {
            terms.push((to.alpha * self.s_noise * up, walk.brownian(sigma, to.ratio())));
        }
        Ok(combine(terms))
    }
}

/// DPM-Solver++(2S) from a level down to another, whatever its `α`; Euler's step into data. The terms of a sum.
fn second_order(walk: &Walk, x: Vector, from: Level, down: Level) -> Vec<Term> {
    let denoised = walk.denoise(&x, from);
    if down.sigma == 0.0 {
        return vec![(down.alpha, denoised)];
    }
    let s = frame::level(from.alpha, (from.ratio() * down.ratio()).sqrt());
    let y = Vector::sum(frame::euler(x.clone(), denoised, from, s));
    frame::euler(x, walk.denoise(&y, s), from, down).into()
}
