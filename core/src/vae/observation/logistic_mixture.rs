//! Bytes: mixtures of logistic distributions, each number its own.
//!
//! ```text
//! P(x|z) = Π Σ_i π_i [σ((x − μ_i + w/2)/s_i) − σ((x − μ_i − w/2)/s_i)]
//! ```
//!
//! Salimans et al. 2017, <https://arxiv.org/abs/1701.05517>, section 2.1. The decoder says `π`, `μ` and `s`. Colours of a pixel are
//! independent given `z`: their section 2.2 is left out.

use burn::prelude::*;
use burn::tensor::activation::{log_softmax, softmax};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::logistic::{bounded, drawn, log_masses};
use super::{Observation, Observed, Support, uniforms};
use crate::Result;
use crate::config::check::at_least;
use crate::nn::Init;
use crate::registry::{About, Member};
use crate::samplers::Noise;
use crate::vae::sums::log_sum_exp;

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
    /// `π`'s logits, `μ` and `ln s`, each `[rows, components, features]`.
    fn of(&self, said: Tensor<2>) -> [Tensor<3>; 3] {
        let (rows, width) = (said.dims()[0], self.components * self.features);
        let part =
            |i| said.clone().narrow(1, i * width, width).reshape([rows, self.components, self.features]);
        [0, 1, 2].map(part)
    }
}

impl Observed for Mixtures {
    fn log_density(&self, said: Tensor<2>, x: Tensor<2>) -> Tensor<2> {
        let [logits, mean, log_scale] = self.of(said);
        let shape = logits.dims();
        let flat = |t: Tensor<3>| t.reshape([shape[0], shape[1] * shape[2]]);
        let x = x.repeat_dim(1, self.components);
        let masses = log_masses(x, flat(mean), bounded(flat(log_scale) + USUAL)).reshape(shape);
        let mixed = log_sum_exp(log_softmax(logits, 1) + masses, 1);
        mixed.reshape([shape[0], shape[2]]).sum_dim(1)
    }

    fn mean(&self, said: Tensor<2>) -> Tensor<2> {
        let [logits, mean, _] = self.of(said);
        let [rows, _, features] = mean.dims();
        (softmax(logits, 1) * mean.clamp(-1.0, 1.0)).sum_dim(1).reshape([rows, features])
    }

    fn sample(&self, said: Tensor<2>, noise: &Noise) -> Tensor<2> {
        let [logits, mean, log_scale] = self.of(said);
        let [rows, components, features] = logits.dims();
        // The largest of logits plus Gumbel noise is a draw of their distribution.
        let u = uniforms(noise, components * features, 1, &Tensor::zeros([1, 1], &mean.device()));
        let gumbel = u.log().neg().log().neg().reshape([rows, components, features]);
        let chosen = (logits + gumbel).argmax(1);
        let pick = |t: Tensor<3>| t.gather(1, chosen.clone()).reshape([rows, features]);
        let log_scale = bounded(pick(log_scale) + USUAL);
        drawn(pick(mean), log_scale, uniforms(noise, features, 0, &Tensor::zeros([1, 1], &noise.device)))
    }
}
