//! The evidence lower bound, and what is done to its second term.
//!
//! ```text
//! L = −E ln p(x|z) + β(t) KL(q(z|x) ‖ p(z)),   β(t) = β min(1, t/warmup)
//! capacity:   L = −E ln p(x|z) + γ |KL − C(t)|,   C(t) = max · min(1, t/steps)
//! free bits:  β Σ_j max(λ, E KL_j)
//! ```
//!
//! Kingma and Welling 2014, <https://arxiv.org/abs/1312.6114>; `β`: Higgins et al. 2017, <https://openreview.net/forum?id=Sy2fzU9gl>; warm-up:
//! Sønderby et al. 2016, <https://arxiv.org/abs/1602.02282>; capacity: Burgess et al. 2018, <https://arxiv.org/abs/1804.03599>, Eq. 8; free
//! bits: Kingma et al. 2016, <https://arxiv.org/abs/1606.04934>, Appendix C.8, each number of a latent a group.

use burn::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Lesson, Needs, VaeObjective};
use crate::config::check::{at_least, not_negative, under};
use crate::registry::{About, Member};
use crate::{Error, Result};

/// The evidence lower bound.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Elbo {
    /// Weight of the divergence.
    pub beta: f64,
    /// Steps in which the weight rises from 0.
    pub warmup: u64,
    /// A divergence to hold instead of the least one; nothing for none.
    pub capacity: Option<Capacity>,
    /// `λ`, nats of each number of a latent that cost nothing less; 0 for none.
    pub free_bits: f64,
}

/// A divergence that rises to `max`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Capacity {
    /// Nats at the end.
    pub max: f64,
    /// Steps until then.
    pub steps: u64,
    /// Weight of the distance from it.
    pub gamma: f64,
}

impl Default for Capacity {
    fn default() -> Self {
        Self { max: 25.0, steps: 100_000, gamma: 1000.0 }
    }
}

impl Default for Elbo {
    fn default() -> Self {
        Self { beta: 1.0, warmup: 0, capacity: None, free_bits: 0.0 }
    }
}

impl Member for Elbo {
    const ABOUT: About = About {
        summary: "The evidence lower bound, with a weight, a warm-up, a capacity or free bits",
        paper: "Kingma and Welling 2014, https://arxiv.org/abs/1312.6114; Higgins et al. 2017, https://openreview.net/forum?id=Sy2fzU9gl",
    };
}

/// The share of a rise over `steps` that is done.
fn risen(step: u64, steps: u64) -> f64 {
    if steps == 0 { 1.0 } else { (step as f64 / steps as f64).min(1.0) }
}

impl VaeObjective for Elbo {
    fn check(&self) -> Result<()> {
        not_negative("beta", self.beta)?;
        not_negative("free_bits", self.free_bits)?;
        let Some(capacity) = self.capacity else { return Ok(()) };
        under("capacity", not_negative("max", capacity.max))?;
        under("capacity", not_negative("gamma", capacity.gamma))?;
        under("capacity", at_least("steps", usize::try_from(capacity.steps).unwrap_or(usize::MAX), 1))?;
        if self.beta != 1.0 || self.warmup > 0 || self.free_bits > 0.0 {
            let message = "it takes the place of `beta`, `warmup` and `free_bits`; leave those out, or this";
            return Err(Error::config("capacity", message));
        }
        Ok(())
    }

    fn needs(&self) -> Needs {
        if self.free_bits > 0.0 { Needs::Normal } else { Needs::Nothing }
    }

    fn loss(&self, lesson: &Lesson) -> Tensor<1> {
        let (_, [reconstruction, kl]) = lesson.terms();
        let step = lesson.learning.step;
        if let Some(Capacity { max, steps, gamma }) = self.capacity {
            return reconstruction + (kl - max * risen(step, steps)).abs() * gamma;
        }
        let paid = if self.free_bits > 0.0 {
            let each = lesson.read.base.divergences().mean_dim(0);
            each.clamp_min(self.free_bits).sum()
        } else {
            kl
        };
        reconstruction + paid * (self.beta * risen(step, self.warmup))
    }
}
