//! Heun's method: Euler's step, then the mean of the slopes at both ends.
//!
//! Karras et al. 2022, Algorithm 1, <https://arxiv.org/abs/2206.00364>. The last step, into data, is Euler's in EDM's
//! schedule: what is denoised.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Level, Sampler, Solver, Vector, Walk, combine};
use crate::Result;
use crate::registry::{About, Member};

/// Second order, two evaluations a step.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Heun {}

impl Member for Heun {
    const ABOUT: About = About {
        summary: "Heun, second order, deterministic EDM sampler",
        paper: "Karras et al. 2022, Algorithm 1, https://arxiv.org/abs/2206.00364",
    };
}

impl Solver for Heun {
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

impl Sampler for Heun {
    fn step(&mut self, walk: &Walk, x: Vector, from: Level, to: Level) -> Result<Vector> {
        let denoised = walk.denoise(&x, from);
        if to.sigma == 0.0 {
            return Ok(combine([(to.alpha, denoised)]));
        }
        let h = to.t - from.t;
        // d = a x + b D at either end
        let [a, b] = walk.slope_weights(from);
        let x_euler = Vector::sum([(1.0 + h * a, x.clone()), (h * b, denoised.clone())]);
        let [a_prime, b_prime] = walk.slope_weights(to);
        let denoised_prime = walk.denoise(&x_euler, to);
        let half = h / 2.0;
        let first = [(1.0 + half * a, x), (half * b, denoised)];
        Ok(combine(first.into_iter().chain([(half * a_prime, x_euler), (half * b_prime, denoised_prime)])))
    }
}
