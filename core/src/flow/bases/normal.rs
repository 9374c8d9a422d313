//! The standard normal.

use burn::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Base, BaseKind, Density};
use crate::Result;
use crate::nn::Init;
use crate::random::{Key, Purpose};
use crate::registry::{About, Member};
use crate::samplers::Noise;

/// Independent standard normals.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct StandardNormal {}

impl Member for StandardNormal {
    const ABOUT: About = About { summary: "Independent standard normals", paper: "-" };
}

impl BaseKind for StandardNormal {
    fn build(&self, features: usize, _told: usize, _init: &Init) -> Result<Box<dyn Base>> {
        Ok(Box::new(Normal { features }))
    }
}

#[derive(Module, Debug)]
struct Normal {
    features: usize,
}

impl Density for Normal {
    fn log_prob(&self, z: Tensor<2>, _told: Option<&Tensor<2>>) -> Tensor<2> {
        log_normal(z)
    }

    fn draw(&self, noise: &Noise, _told: Option<&Tensor<2>>) -> Tensor<2> {
        Key::new(noise.seed, Purpose::Noise, noise.first).normal_rows(
            noise.rows,
            self.features,
            &noise.device,
        )
    }
}

/// `log N(z; 0, 1)` of each row, `[batch, 1]`.
pub(in crate::flow) fn log_normal(z: Tensor<2>) -> Tensor<2> {
    let features = z.dims()[1] as f64;
    z.square().sum_dim(1) * -0.5 - 0.5 * features * std::f64::consts::TAU.ln()
}
