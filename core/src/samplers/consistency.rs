//! Multistep consistency sampling: jump to data, add noise up to the next level, jump again.
//!
//! ```text
//! y = f(x; σ),   x ← y + sqrt(σ'² − σ_min²) z
//! ```
//!
//! Song et al. 2023, Algorithm 1, <https://arxiv.org/abs/2303.01469>, in the frame `x/α`. The model has to be a consistency function `f`,
//! which leads any `x` to the end of its ODE; a denoiser's mean is too narrow. The last step, into data, draws nothing.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Level, Sampler, Solver, Vector, Walk, Wants, combine};
use crate::Result;
use crate::config::check::not_negative;
use crate::registry::{About, Member};

/// One evaluation a step, of a consistency function.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Consistency {
    /// Noise that `f` leaves in its data: the level at which its ODE ends.
    pub sigma_min: f64,
}

impl Default for Consistency {
    fn default() -> Self {
        Self { sigma_min: 0.002 }
    }
}

impl Member for Consistency {
    const ABOUT: About = About {
        summary: "Multistep consistency sampling, for consistency models",
        paper: "Song et al. 2023, Algorithm 1, https://arxiv.org/abs/2303.01469",
    };
}

impl Solver for Consistency {
    fn order(&self) -> u32 {
        1
    }
    fn stochastic(&self) -> bool {
        true
    }
    fn wants(&self) -> Wants {
        Wants::ConsistencyFunction
    }
    fn check(&self) -> Result<()> {
        not_negative("sigma_min", self.sigma_min)
    }
    fn build(&self) -> Box<dyn Sampler> {
        Box::new(self.clone())
    }
}

impl Sampler for Consistency {
    fn step(&mut self, walk: &Walk, x: Vector, from: Level, to: Level) -> Result<Vector> {
        let y = walk.denoise(&x, from);
        let sigma = to.ratio();
        if sigma <= self.sigma_min {
            return Ok(combine([(to.alpha, y)]));
        }
        let std = (sigma * sigma - self.sigma_min * self.sigma_min).sqrt();
        Ok(combine([(to.alpha, y), (to.alpha * std, walk.draw())]))
    }
}
