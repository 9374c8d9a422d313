//! Bytes: the probability that a logistic distribution gives to each byte's cell.
//!
//! ```text
//! P(x|z) = Π [σ((x − μ + w/2)/s) − σ((x − μ − w/2)/s)],   w = 2/255;   the first and last cell reach to infinity
//! ```
//!
//! Kingma et al. 2016, <https://arxiv.org/abs/1606.04934>, section 6.2, with one learnt `s`; Salimans et al. 2017,
//! <https://arxiv.org/abs/1701.05517>, section 2.1.

use burn::module::Param;
use burn::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{BYTES, Observation, Observed, Support};
use crate::distributions::{log_steps, nearest_step};
use crate::nn::Init;
use crate::random::Purpose;
use crate::registry::{About, Member};
use crate::samplers::Noise;

/// A logistic distribution of bytes, one scale for all.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Logistic {}

impl Member for Logistic {
    const ABOUT: About = About {
        summary: "A logistic distribution of bytes around the decoder's numbers, one learnt scale: for pictures",
        paper: "Kingma et al. 2016, https://arxiv.org/abs/1606.04934, section 6.2",
    };
}

impl Observation for Logistic {
    fn outputs(&self) -> usize {
        1
    }

    fn build(&self, features: usize, init: &Init) -> Box<dyn Observed> {
        Box::new(Bytes { features, log_scale: init.at("log_scale").constant([1], FIRST) })
    }

    fn support(&self) -> Support {
        Support::Bytes
    }
}

/// `ln s` to begin with.
const FIRST: f64 = -2.0;

/// `ln s` is kept from where a byte's probability could not be told from 0 or 1 in single precision.
pub(super) fn bounded<const D: usize>(log_scale: Tensor<D>) -> Tensor<D> {
    log_scale.clamp(-7.0, 3.0)
}

#[derive(Module, Debug)]
struct Bytes {
    features: usize,
    log_scale: Param<Tensor<1>>,
}

impl Bytes {
    fn scale(&self, rows: usize) -> Tensor<2> {
        bounded(self.log_scale.val().reshape([1, 1])).expand([rows, self.features])
    }
}

impl Observed for Bytes {
    fn log_density(&self, said: Tensor<2>, x: Tensor<2>) -> Tensor<2> {
        let scale = self.scale(x.dims()[0]);
        log_steps(x, said, scale, BYTES).sum_dim(1)
    }

    fn mean(&self, said: Tensor<2>) -> Tensor<2> {
        said.clamp(-1.0, 1.0)
    }

    fn sample(&self, said: Tensor<2>, noise: &Noise) -> Tensor<2> {
        let u = noise.uniforms(Purpose::SamplerNoise, self.features, 0);
        nearest_step(said, self.scale(noise.rows), u, BYTES)
    }
}
