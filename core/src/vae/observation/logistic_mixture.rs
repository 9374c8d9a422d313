//! Bytes: mixtures of logistic distributions, each number its own.
//!
//! ```text
//! P(x|z) = Π Σ_i π_i [σ((x − μ_i + w/2)/s_i) − σ((x − μ_i − w/2)/s_i)]
//! ```
//!
//! Salimans et al. 2017, <https://arxiv.org/abs/1701.05517>, section 2.1. The decoder says `π`, `μ` and `s`. Colours of a pixel are
//! independent given `z`: their section 2.2 is left out.

use burn::prelude::*;
use burn::tensor::activation::softmax;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::logistic::bounded;
use super::{BYTES, Observation, Observed, Support};
use crate::Result;
use crate::config::check::at_least;
use crate::distributions::{DiscretisedLogistics, Distribution, nearest_step};
use crate::nn::Init;
use crate::random::Purpose;
use crate::registry::{About, Member};
use crate::samplers::Noise;

/// Mixtures of logistic distributions of bytes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LogisticMixture {
    /// Logistic distributions of each number.
    pub components: usize,
}

impl Default for LogisticMixture {
    fn default() -> Self {
        Self { components: 5 }
    }
}

impl Member for LogisticMixture {
    const ABOUT: About = About {
        summary: "Mixtures of logistic distributions of bytes, all said by the decoder: for pictures",
        paper: "Salimans et al. 2017, https://arxiv.org/abs/1701.05517",
    };
}

impl Observation for LogisticMixture {
    fn check(&self) -> Result<()> {
        at_least("components", self.components, 1)
    }

    fn outputs(&self) -> usize {
        3 * self.components
    }

    fn build(&self, features: usize, _init: &Init) -> Box<dyn Observed> {
        Box::new(Mixtures { components: self.components, features })
    }

    fn support(&self) -> Support {
        Support::Bytes
    }
}

#[derive(Module, Debug)]
struct Mixtures {
    components: usize,
    features: usize,
}

/// What `ln s` is where the decoder says 0.
const USUAL: f64 = -2.0;

impl Mixtures {
    /// `π`'s logits, `μ` and `ln s` follow one another, of each component those of all numbers.
    fn of(&self, said: Tensor<2>) -> DiscretisedLogistics {
        let (rows, width) = (said.dims()[0], self.components * self.features);
        let part = |i| self.apart(said.clone().narrow(1, i * width, width), rows);
        DiscretisedLogistics::new(part(0), part(1), bounded(part(2) + USUAL), BYTES)
    }

    /// `[rows, features, components]`.
    fn apart(&self, x: Tensor<2>, rows: usize) -> Tensor<3> {
        x.reshape([rows, self.components, self.features]).swap_dims(1, 2)
    }
}

impl Observed for Mixtures {
    fn log_density(&self, said: Tensor<2>, x: Tensor<2>) -> Tensor<2> {
        self.of(said).log_prob_of_rows(x)
    }

    fn mean(&self, said: Tensor<2>) -> Tensor<2> {
        let DiscretisedLogistics { logits, means, .. } = self.of(said);
        (softmax(logits, 2) * means.clamp(-1.0, 1.0)).sum_dim(2).squeeze_dim(2)
    }

    fn sample(&self, said: Tensor<2>, noise: &Noise) -> Tensor<2> {
        let DiscretisedLogistics { logits, means, log_scales, .. } = self.of(said);
        let gumbels = noise.gumbels(Purpose::SamplerNoise, self.components * self.features, 1);
        let chosen = (logits + self.apart(gumbels, noise.rows)).argmax(2);
        let pick = |x: Tensor<3>| x.gather(2, chosen.clone()).squeeze_dim::<2>(2);
        let u = noise.uniforms(Purpose::SamplerNoise, self.features, 0);
        nearest_step(pick(means), pick(log_scales), u, BYTES)
    }
}
