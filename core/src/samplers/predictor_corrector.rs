//! Predictor-corrector sampling: Langevin steps at a level, then a step of the reverse SDE to the next.
//!
//! ```text
//! s = (D − x)/σ²
//! corrector: x ← x + ε s + sqrt(2ε) z,   ε = 2 (r σ)²
//! predictor: x ← x + (σ² − σ'²) s + g z,   g² = σ² − σ'² (reverse diffusion) or σ'² (σ² − σ'²)/σ² (ancestral)
//! ```
//!
//! Song et al. 2021, Algorithms 2 and 4 and Eq. 47, <https://arxiv.org/abs/2011.13456>, in the frame `x/α`, corrector first as in the
//! authors' program. They take `ε = 2 (r ‖z‖/‖s‖)²` with norms over the batch; here the ratio is `σ`, which is what it is about where
//! `x` is noise, so that a sample does not depend on its batch. The step into data draws nothing.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Level, Sampler, Solver, Vector, Walk, combine};
use crate::Result;
use crate::config::check::{between, within};
use crate::registry::{About, Member};

/// First order; one evaluation a step, and one a correction.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PredictorCorrector {
    /// Signal-to-noise ratio `r` of a Langevin step, above 0 and below 1/√2.
    pub snr: f64,
    /// Langevin steps at each level.
    pub corrections: usize,
    /// How the next level is reached.
    pub predictor: Predictor,
}

/// A discretisation of the reverse SDE.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Predictor {
    /// The forward SDE's steps, reversed.
    #[default]
    ReverseDiffusion,
    /// The posterior given the denoised sample.
    Ancestral,
}

impl Default for PredictorCorrector {
    fn default() -> Self {
        Self { snr: 0.16, corrections: 1, predictor: Predictor::default() }
    }
}

impl Member for PredictorCorrector {
    const ABOUT: About = About {
        summary: "Predictor-corrector: reverse SDE with Langevin steps at each level",
        paper: "Song et al. 2021, Algorithms 2 and 4, https://arxiv.org/abs/2011.13456",
    };
}

impl Solver for PredictorCorrector {
    fn order(&self) -> u32 {
        1
    }
    fn stochastic(&self) -> bool {
        true
    }
    fn evaluations(&self) -> Option<usize> {
        Some(1 + self.corrections)
    }
    fn check(&self) -> Result<()> {
        // At 1/√2 the Langevin step would reach the mean, beyond it would go past.
        between("snr", self.snr, 0.0, std::f64::consts::FRAC_1_SQRT_2)?;
        within("corrections", self.corrections as f64, 0.0, 1e3)
    }
    fn build(&self) -> Box<dyn Sampler> {
        Box::new(self.clone())
    }
}

impl Sampler for PredictorCorrector {
    fn step(&mut self, walk: &Walk, x: Vector, from: Level, to: Level) -> Result<Vector> {
        let (sigma, sigma_to) = (from.ratio(), to.ratio());
        let x = (0..self.corrections).fold(x, |x, _| self.correct(walk, x, from));
        let denoised = walk.denoise(&x, from);
        // x + (σ² − σ'²) s in the frame, times α'
        let kept = (sigma_to / sigma).powi(2);
        let mut terms = vec![(to.alpha / from.alpha * kept, x), (to.alpha * (1.0 - kept), denoised)];
        if sigma_to > 0.0 {
            let ratio = match self.predictor {
                Predictor::ReverseDiffusion => 1.0,
                Predictor::Ancestral => sigma_to / sigma,
            };
            let std = ratio * (sigma * sigma - sigma_to * sigma_to).sqrt();
            terms.push((to.alpha * std, walk.draw()));
        }
        Ok(combine(terms))
    }
}

impl PredictorCorrector {
    /// A Langevin step at one level: `x + 2 r² (D − x) + 2 r σ z` in the frame.
    fn correct(&self, walk: &Walk, x: Vector, at: Level) -> Vector {
        let denoised = walk.denoise(&x, at);
        let drift = 2.0 * self.snr * self.snr;
        combine([(1.0 - drift, x), (at.alpha * drift, denoised), (2.0 * self.snr * at.sigma, walk.draw())])
    }
}
