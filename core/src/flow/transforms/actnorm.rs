//! A scale and a shift of each channel, which at first give the first batch mean zero and variance one.
//!
//! ```text
//! z = (x + b) e^s,   ln |det| = h w Σ s
//! ```
//!
//! Kingma and Dhariwal 2018, <https://arxiv.org/abs/1807.03039>, section 3.1. A point's numbers are channels of one.

use burn::module::Param;
use burn::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Transform;
use crate::Result;
use crate::flow::{Built, Map, Place};
use crate::nn::{Init, Mode, replace};
use crate::registry::{About, Member};

/// A scale and a shift of each channel.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ActNorm {}

impl Member for ActNorm {
    const ABOUT: About = About {
        summary: "Scale and shift of each channel, which normalise the first batch",
        paper: "Kingma and Dhariwal 2018, https://arxiv.org/abs/1807.03039, section 3.1",
    };
}

impl Transform for ActNorm {
    fn build(&self, place: &Place, init: &Init) -> Result<Built> {
        let [channels, numbers] = place.channels();
        let (shift, scale) = (init.constant([channels], 0.0), init.constant([channels], 0.0));
        Ok(Built::same(Normalised { shift, scale, numbers }, place))
    }
}

/// What the variance of a channel that never changes is taken for.
const LEAST: f64 = 1e-6;

#[derive(Module, Debug)]
struct Normalised {
    shift: Param<Tensor<1>>,
    scale: Param<Tensor<1>>,
    /// In each channel.
    numbers: usize,
}

impl Normalised {
    /// `[batch, channels, numbers]`.
    fn picture(&self, x: Tensor<2>) -> Tensor<3> {
        let [batch, features] = x.dims();
        x.reshape([batch, features / self.numbers, self.numbers])
    }

    /// `b` and `s`, `[1, channels, 1]`.
    fn parts(&self) -> [Tensor<3>; 2] {
        [&self.shift, &self.scale].map(|part| part.val().unsqueeze_dims(&[0, 2]))
    }

    /// `h w Σ s`, for each row.
    fn log(&self, rows: usize) -> Tensor<2> {
        (self.scale.val().sum() * self.numbers as f64).unsqueeze::<2>().expand([rows, 1])
    }
}

impl Map for Normalised {
    fn normalise(&self, x: Tensor<2>, _told: Option<&Tensor<2>>, _mode: Mode) -> [Tensor<2>; 2] {
        let [shift, scale] = self.parts();
        let log = self.log(x.dims()[0]);
        [((self.picture(x) + shift) * scale.exp()).flatten(1, 2), log]
    }

    fn generate(&self, z: Tensor<2>, _told: Option<&Tensor<2>>) -> [Tensor<2>; 2] {
        let [shift, scale] = self.parts();
        let log = -self.log(z.dims()[0]);
        [(self.picture(z) * (-scale).exp() - shift).flatten(1, 2), log]
    }

    fn prepare(&mut self, x: &Tensor<2>, _told: Option<&Tensor<2>>) -> bool {
        let x = self.picture(x.clone().without_autodiff()).swap_dims(0, 1).flatten::<2>(1, 2); // [C, B n]
        let mean = x.clone().mean_dim(1);
        let variance = (x - mean.clone()).square().mean_dim(1);
        let scale = (variance + LEAST).log() * -0.5;
        *self = replace(self.clone(), &[-mean.squeeze_dim(1), scale.squeeze_dim(1)]);
        true
    }
}
