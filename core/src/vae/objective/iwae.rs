//! The importance-weighted bound.
//!
//! ```text
//! L = −E ln (1/K) Σ_k p(x|z_k) p(z_k) / q(z_k|x)
//! ```
//!
//! Burda et al. 2016, <https://arxiv.org/abs/1509.00519>, Eq. 8. With `K = 1` the evidence lower bound, its divergence drawn.

use burn::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Lesson, VaeObjective};
use crate::Result;
use crate::config::check::at_least;
use crate::distributions::special::log_sum_exp;
use crate::random::Purpose;
use crate::registry::{About, Member};

/// The importance-weighted bound.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Iwae {
    /// `K`.
    pub samples: usize,
}

impl Default for Iwae {
    fn default() -> Self {
        Self { samples: 5 }
    }
}

impl Member for Iwae {
    const ABOUT: About = About {
        summary: "The importance-weighted bound of several latents a sample",
        paper: "Burda et al. 2016, https://arxiv.org/abs/1509.00519",
    };
}

impl VaeObjective for Iwae {
    fn check(&self) -> Result<()> {
        at_least("samples", self.samples, 1)
    }

    fn loss(&self, lesson: &Lesson) -> Tensor<1> {
        let (network, mode, k) = (lesson.network, lesson.learning.mode, self.samples);
        let noise = (0..k as u32).map(|draw| lesson.noise.draw(Purpose::Noise, draw)).collect();
        let drawn = network.draw(&lesson.read.repeated(k), Tensor::cat(noise, 0));
        let class = lesson.class.as_ref().map(|class| class.clone().repeat_dim(0, k));
        let x = lesson.x.clone().repeat_dim(0, k);
        let log_x = network.log_likelihood(x, drawn.z.clone(), class.as_ref(), mode);
        let kl = drawn.log_q - network.log_prior(drawn.z, mode);
        lesson.learning.note("reconstruction", &-log_x.clone().mean());
        lesson.learning.note("kl", &kl.clone().mean());
        let weights = (log_x - kl).reshape([k, lesson.noise.rows]);
        -(log_sum_exp(weights, 0) - (k as f64).ln()).mean()
    }
}
