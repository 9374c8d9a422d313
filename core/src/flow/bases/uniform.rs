//! Uniform in a cube.

use burn::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Base, BaseKind, Density};
use crate::Result;
use crate::config::check::{positive, under};
use crate::nn::Init;
use crate::random::{Key, Purpose};
use crate::registry::{About, Member};
use crate::samplers::Noise;

/// Each number uniform in `[-bound, bound]`; with the default, an angle.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Uniform {
    /// Half the interval's length.
    pub bound: f64,
}

impl Default for Uniform {
    fn default() -> Self {
        Self { bound: std::f64::consts::PI }
    }
}

impl Member for Uniform {
    const ABOUT: About = About { summary: "Independent uniform numbers, such as angles", paper: "-" };
}

impl BaseKind for Uniform {
    fn build(&self, features: usize, _told: usize, _init: &Init) -> Result<Box<dyn Base>> {
        under("bound", positive(".", self.bound))?;
        Ok(Box::new(Cube { features, bound: self.bound }))
    }
}

#[derive(Module, Debug)]
struct Cube {
    features: usize,
    bound: f64,
}

impl Density for Cube {
    /// Minus infinity outside.
    fn log_prob(&self, z: Tensor<2>, _told: Option<&Tensor<2>>) -> Tensor<2> {
        let inside = -(2.0 * self.bound).ln() * self.features as f64;
        let dtype = z.dtype();
        let outside = z.abs().max_dim(1).greater_elem(self.bound * (1.0 + f64::from(f32::EPSILON)));
        let log = Tensor::full(outside.dims(), inside, (&outside.device(), dtype));
        log.mask_fill(outside, f64::NEG_INFINITY)
    }

    fn draw(&self, noise: &Noise, _told: Option<&Tensor<2>>) -> Tensor<2> {
        let mut values = vec![0.0_f32; noise.rows * self.features];
        for (row, values) in values.chunks_mut(self.features).enumerate() {
            Key::new(noise.seed, Purpose::Noise, noise.first + row as u64).fill_uniform(values);
        }
        let uniform = TensorData::new(values, [noise.rows, self.features]);
        (Tensor::from_data(uniform, &noise.device) * 2.0 - 1.0) * self.bound
    }
}
