//! Initial weights, drawn from our own generator by the parameter's path: the same on every device, whatever is built first.

use burn::module::Param;
use burn::prelude::*;

use crate::random::{Key, Purpose, name_index};

/// Draws weights for one part of a network.
#[derive(Clone, Debug)]
pub struct Init {
    seed: u64,
    path: String,
    device: Device,
}

impl Init {
    /// Weights of `seed` on `device`.
    pub fn new(seed: u64, device: &Device) -> Self {
        Self { seed, path: String::new(), device: device.clone() }
    }

    /// The part called `name`.
    pub fn at(&self, name: impl std::fmt::Display) -> Self {
        let path = if self.path.is_empty() { name.to_string() } else { format!("{}.{name}", self.path) };
        Self { path, ..self.clone() }
    }

    /// The same weights on another device.
    pub fn on(&self, device: &Device) -> Self {
        Self { device: device.clone(), ..self.clone() }
    }

    /// Where the weights are made.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// Uniform in `[-bound, bound]`.
    pub fn uniform<const D: usize>(&self, shape: [usize; D], bound: f64) -> Param<Tensor<D>> {
        let mut values = vec![0.0; shape.iter().product()];
        Key::new(self.seed, Purpose::Weights, name_index(&self.path)).fill_uniform(&mut values);
        values.iter_mut().for_each(|value| *value = ((2.0 * f64::from(*value) - 1.0) * bound) as f32);
        Param::from_tensor(Tensor::from_data(TensorData::new(values, shape), &self.device))
    }

    /// Normal with this standard deviation.
    pub fn normal<const D: usize>(&self, shape: [usize; D], std: f64) -> Param<Tensor<D>> {
        let mut values = vec![0.0; shape.iter().product()];
        Key::new(self.seed, Purpose::Weights, name_index(&self.path)).fill_normal(&mut values);
        values.iter_mut().for_each(|value| *value = (f64::from(*value) * std) as f32);
        Param::from_tensor(Tensor::from_data(TensorData::new(values, shape), &self.device))
    }

    /// All of one value.
    pub fn constant<const D: usize>(&self, shape: [usize; D], value: f64) -> Param<Tensor<D>> {
        Param::from_tensor(Tensor::full(shape, value, &self.device))
    }
}
