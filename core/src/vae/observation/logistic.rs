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
use burn::tensor::activation::log_sigmoid;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Observation, Observed, Support, uniforms};
use crate::likelihood::Cells;
use crate::nn::Init;
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
pub(super) fn bounded(log_scale: Tensor<2>) -> Tensor<2> {
    log_scale.clamp(-7.0, 3.0)
}

/// `ln P` of each byte, of the shape of its arguments. With `a > b` the ends of a cell, `σ(a) − σ(b) = σ(a) σ(−b) (1 − e^{b − a})`, of which
/// nothing cancels.
pub(super) fn log_masses(x: Tensor<2>, mean: Tensor<2>, log_scale: Tensor<2>) -> Tensor<2> {
    let half = Cells::BYTES.width() / 2.0;
    let (away, rate) = (x.clone() - mean, (-log_scale).exp());
    let under = log_sigmoid((away.clone() + half) * rate.clone());
    let over = log_sigmoid((away - half) * -rate.clone());
    let within = ((rate * (-2.0 * half)).exp().neg() + 1.0).log();
    let (first, last) = (x.clone().lower_elem(-1.0 + half), x.greater_elem(1.0 - half));
    // A cell without an end on one side has neither that side's factor nor a width.
    let none = within.zeros_like();
    let width = within.mask_where(first.clone().bool_or(last.clone()), none.clone());
    under.mask_where(last, none.clone()) + over.mask_where(first, none) + width
}

/// The byte nearest to `μ + s ln(u/(1 − u))`.
pub(super) fn drawn(mean: Tensor<2>, log_scale: Tensor<2>, u: Tensor<2>) -> Tensor<2> {
    let logit = u.clone().log() - (u.neg() + 1.0).log();
    let x = (mean + log_scale.exp() * logit).clamp(-1.0, 1.0);
    ((x + 1.0) * 127.5).round() / 127.5 - 1.0
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
        log_masses(x, said, scale).sum_dim(1)
    }

    fn mean(&self, said: Tensor<2>) -> Tensor<2> {
        said.clamp(-1.0, 1.0)
    }

    fn sample(&self, said: Tensor<2>, noise: &Noise) -> Tensor<2> {
        let u = uniforms(noise, self.features, 0, &said);
        let scale = self.scale(noise.rows);
        drawn(said, scale, u)
    }
}
