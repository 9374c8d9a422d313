//! DDPM's ancestral sampling: draw `x'` from the posterior `q(x' | x, ŷ)`.
//!
//! ```text
//! a = α/α',  β = σ² − a² σ'²,   x' = (α' β ŷ + a σ'² x)/σ² + s z,   s² = β σ'²/σ² (small) or β (large)
//! ```
//!
//! Ho et al. 2020, Eq. 6 and 7 and section 3.2, <https://arxiv.org/abs/2006.11239>; written for any schedule as in Kingma et al. 2021,
//! Eq. 25, <https://arxiv.org/abs/2107.00630>. The step into data draws nothing.

use burn::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Level, Sampler, Solver, Walk, combine};
use crate::Result;
use crate::registry::{About, Member};

/// Stochastic, one evaluation a step, wants many steps.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Ddpm {
    /// Of which variance the noise is.
    pub variance: Variance,
}

/// Variance of `x'` given `x`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Variance {
    /// The posterior's, right where the data are one point.
    #[default]
    Small,
    /// The forward step's, right where the data are standard normal.
    Large,
}

impl Member for Ddpm {
    const ABOUT: About = About {
        summary: "DDPM ancestral sampling, small or large variance",
        paper: "Ho et al. 2020, Eq. 7, https://arxiv.org/abs/2006.11239",
    };
}

impl Solver for Ddpm {
    fn order(&self) -> u32 {
        1
    }
    fn stochastic(&self) -> bool {
        true
    }
    fn build(&self) -> Box<dyn Sampler> {
        Box::new(self.clone())
    }
}

impl Sampler for Ddpm {
    fn step(&mut self, walk: &Walk, x: Tensor<2>, from: Level, to: Level) -> Result<Tensor<2>> {
        let denoised = walk.denoise(&x, from);
        let a = from.alpha / to.alpha;
        let (var, var_to) = (from.sigma * from.sigma, to.sigma * to.sigma);
        let beta = var - a * a * var_to;
        let mean = [(to.alpha * beta / var, denoised), (a * var_to / var, x)];
        if to.sigma == 0.0 {
            return Ok(combine(mean));
        }
        let noise = match self.variance {
            Variance::Small => beta * var_to / var,
            Variance::Large => beta,
        };
        Ok(combine(mean.into_iter().chain([(noise.sqrt(), walk.draw())])))
    }
}
