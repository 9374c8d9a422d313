//! Independent coins, one for each number.
//!
//! ```text
//! ln p(x|z) = Σ y ln σ(l) + (1 − y) ln σ(−l),   y = (x + 1)/2,   l = g(z)
//! ```
//!
//! Kingma and Welling 2014, <https://arxiv.org/abs/1312.6114>, Appendix C.1. It is a log-probability of zeros and ones; of numbers between
//! it is the cross-entropy, which has its most where they are met.

use burn::prelude::*;
use burn::tensor::activation::{log_sigmoid, sigmoid};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Observation, Observed, Support};
use crate::nn::Init;
use crate::random::Purpose;
use crate::registry::{About, Member};
use crate::samplers::Noise;

/// Coins: for black and white.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Bernoulli {}

impl Member for Bernoulli {
    const ABOUT: About = About {
        summary: "Each number is 1 or −1, with the probability that the decoder says: for black and white",
        paper: "Kingma and Welling 2014, https://arxiv.org/abs/1312.6114, Appendix C.1",
    };
}

impl Observation for Bernoulli {
    fn outputs(&self) -> usize {
        1
    }

    fn build(&self, features: usize, _init: &Init) -> Box<dyn Observed> {
        Box::new(Coins { features })
    }

    fn support(&self) -> Support {
        Support::Unit
    }
}

#[derive(Module, Debug)]
struct Coins {
    features: usize,
}

impl Observed for Coins {
    /// Zeros and ones: of numbers of which most are −1 each weight of the first layer would do the same.
    fn seen(&self, x: Tensor<2>) -> Tensor<2> {
        (x + 1.0) * 0.5
    }

    fn log_density(&self, said: Tensor<2>, x: Tensor<2>) -> Tensor<2> {
        let y = self.seen(x);
        // ln σ(l) = l + ln σ(−l).
        (y * said.clone() + log_sigmoid(-said)).sum_dim(1)
    }

    fn mean(&self, said: Tensor<2>) -> Tensor<2> {
        sigmoid(said) * 2.0 - 1.0
    }

    fn sample(&self, said: Tensor<2>, noise: &Noise) -> Tensor<2> {
        let u = noise.uniforms(Purpose::SamplerNoise, self.features, 0);
        u.lower(sigmoid(said)).float() * 2.0 - 1.0
    }
}
