//! The standard normal.

use burn::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Encode, Prior, PriorDensity};
use crate::nn::Init;
use crate::random::Purpose;
use crate::registry::{About, Member};
use crate::samplers::Noise;

/// The standard normal.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct StandardNormal {}

impl Member for StandardNormal {
    const ABOUT: About = About {
        summary: "The standard normal",
        paper: "Kingma and Welling 2014, https://arxiv.org/abs/1312.6114",
    };
}

impl Prior for StandardNormal {
    fn build(&self, latents: usize, _features: usize, _init: &Init) -> Box<dyn PriorDensity> {
        Box::new(Standard { latents })
    }
}

#[derive(Module, Debug)]
pub(super) struct Standard {
    pub(super) latents: usize,
}

impl PriorDensity for Standard {
    fn log_density(&self, z: Tensor<2>, _encode: &Encode) -> Tensor<2> {
        let constant = 0.5 * self.latents as f64 * std::f64::consts::TAU.ln();
        z.square().sum_dim(1) * -0.5 - constant
    }

    fn sample(&self, noise: &Noise, draw: u32, _encode: &Encode) -> Tensor<2> {
        noise.draw(Purpose::Noise, draw)
    }

    fn is_standard(&self) -> bool {
        true
    }
}
