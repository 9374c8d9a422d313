//! Euler's method: `x ← x + (t' − t) dx/dt`.
//!
//! Karras et al. 2022, Algorithm 1 without its correction, <https://arxiv.org/abs/2206.00364>. Under the `edm` schedule this is DDIM,
//! under `cond_ot` the sampler of rectified flow. The last step, into data, is what is denoised, to which the slopes of these two lead.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Level, Sampler, Solver, Vector, Walk, combine};
use crate::Result;
use crate::registry::{About, Member};

/// First order, one evaluation a step.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Euler {}

impl Member for Euler {
    const ABOUT: About = About {
        summary: "Euler, first order",
        paper: "Karras et al. 2022, https://arxiv.org/abs/2206.00364",
    };
}

impl Solver for Euler {
    fn order(&self) -> u32 {
        1
    }
    fn build(&self) -> Box<dyn Sampler> {
        Box::new(self.clone())
    }
}

impl Sampler for Euler {
    fn step(&mut self, walk: &Walk, x: Vector, from: Level, to: Level) -> Result<Vector> {
        let denoised = walk.denoise(&x, from);
        if to.sigma == 0.0 {
            return Ok(combine([(to.alpha, denoised)]));
        }
        let h = to.t - from.t;
        let [of_x, of_data] = walk.slope_weights(from);
        Ok(combine([(1.0 + h * of_x, x), (h * of_data, denoised)]))
    }
}
