//! DDPM's ancestral sampling: draw `x'` from the posterior `q(x' | x, ŷ)`.
//!
//! ```text
//! a = α/α',  β = σ² − a² σ'²,   x' = (α' β ŷ + a σ'² x)/σ² + s z,   s² = β σ'²/σ² (small) or β (large)
//! ```
//!
//! or `s²` between the two, where the model has learnt (Nichol and Dhariwal 2021, Eq. 15, <https://arxiv.org/abs/2102.09672>).
//! Ho et al. 2020, Eq. 6 and 7 and section 3.2, <https://arxiv.org/abs/2006.11239>; written for any schedule as in Kingma et al. 2021,
//! Eq. 25, <https://arxiv.org/abs/2107.00630>. The step into data draws nothing.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Ends, Evaluation, Level, Sampler, Solver, Vector, Walk, combine};
use crate::registry::{About, Member};
use crate::{Error, Result};

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
    /// The forward step's, right where the data are standard normal and the schedule preserves the variance.
    Large,
    /// What the model has learnt, between those two; for models with `variance: learned`.
    Learned,
}

impl Member for Ddpm {
    const ABOUT: About = About {
        summary: "DDPM ancestral sampling, small, large or learned variance",
        paper: "Ho et al. 2020, Eq. 7, https://arxiv.org/abs/2006.11239; Nichol and Dhariwal 2021, Eq. 15, https://arxiv.org/abs/2102.09672",
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
    fn step(&mut self, walk: &Walk, x: Vector, from: Level, to: Level) -> Result<Vector> {
        let Evaluation { mean: denoised, v } = self.evaluate(walk, &x, [from, to]);
        let a = from.alpha / to.alpha;
        let (var, var_to) = (from.sigma * from.sigma, to.sigma * to.sigma);
        let beta = var - a * a * var_to;
        let mean = [(to.alpha * beta / var, denoised), (a * var_to / var, x)];
        // Nothing is drawn on the way into data, nor where a grid repeats its last level.
        if to.sigma == 0.0 || beta <= 0.0 {
            return Ok(combine(mean));
        }
        let noise = match self.variance {
            Variance::Small => ((beta * var_to / var).sqrt(), walk.draw()),
            Variance::Large => (beta.sqrt(), walk.draw()),
            Variance::Learned => {
                let var = Ends::of(from.ratio(), to.ratio()).between(v.ok_or_else(unlearned)?);
                (to.alpha, Vector::from(walk.draw().into_tensor() * var.sqrt()))
            }
        };
        Ok(combine(mean.into_iter().chain([noise])))
    }
}

impl Ddpm {
    /// `v` only where it is wanted: a wrapper may have to work for it.
    fn evaluate(&self, walk: &Walk, x: &Vector, [from, to]: [Level; 2]) -> Evaluation {
        match self.variance {
            Variance::Learned => walk.evaluate(x, from, to),
            Variance::Small | Variance::Large => Evaluation { mean: walk.denoise(x, from), v: None },
        }
    }
}

fn unlearned() -> Error {
    Error::argument(
        "sampler ddpm: `variance: learned` needs a model that has learnt one (its own `variance: learned`); this one has not: take \
         `small` or `large`",
    )
}
