//! LCM: jump to data, then draw the next level anew from the schedule.
//!
//! ```text
//! y = f(x),   x ← α' y + σ' z
//! ```
//!
//! Luo et al. 2023, Algorithm 3, <https://arxiv.org/abs/2310.04378>. The model has to be a consistency function. The last step, into
//! data, draws nothing.

use burn::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Level, Sampler, Solver, Walk, Wants, frame};
use crate::Result;
use crate::registry::{About, Member};

/// One evaluation a step, of a consistency function.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Lcm {}

impl Member for Lcm {
    const ABOUT: About = About {
        summary: "Latent-consistency sampling: denoise, then renoise to the next level",
        paper: "Luo et al. 2023, Algorithm 3, https://arxiv.org/abs/2310.04378",
    };
}

impl Solver for Lcm {
    fn order(&self) -> u32 {
        1
    }
    fn stochastic(&self) -> bool {
        true
    }
    fn wants(&self) -> Wants {
        Wants::ConsistencyFunction
    }
    fn build(&self) -> Box<dyn Sampler> {
        Box::new(self.clone())
    }
}

impl Sampler for Lcm {
    fn step(&mut self, walk: &Walk, x: Tensor<2>, from: Level, to: Level) -> Result<Tensor<2>> {
        let y = frame::leave(walk.denoise(&x, from), to);
        Ok(if to.sigma > 0.0 { y + walk.draw() * to.sigma } else { y })
    }
}
