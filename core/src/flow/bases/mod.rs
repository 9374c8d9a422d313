//! Base distributions: what data are carried to.

mod normal;
mod learned;
mod mixture;

use std::any::Any;

use burn::prelude::*;
use burn::tensor::Gradients;

use crate::Result;
use crate::nn::{Init, Named, collect, gradients, replace};
use crate::samplers::Noise;

pub(in crate::flow) use normal::log_normal;

/// A distribution of rows, `[batch, features]`.
pub trait Density {
    /// `log p(z)`, `[batch, 1]`; `told` as a bijection's.
    fn log_prob(&self, z: Tensor<2>, told: Option<&Tensor<2>>) -> Tensor<2>;

    /// Rows by the noise's keys.
    fn draw(&self, noise: &Noise, told: Option<&Tensor<2>>) -> Tensor<2>;
}

/// A distribution whose type is forgotten, with its parameters as a list.
pub trait Base: Density + Any {
    /// See [`crate::nn::Network::parameters`].
    fn parameters(&self) -> Vec<Named>;
    /// See [`crate::nn::Network::set_parameters`].
    fn set_parameters(&mut self, values: &[Tensor<1>]);
    /// See [`crate::nn::Network::gradients`].
    fn gradients(&self, gradients: &mut Gradients) -> Vec<Tensor<1>>;
}

impl<M: Module + Density + 'static> Base for M {
    fn parameters(&self) -> Vec<Named> {
        collect(self)
    }

    fn set_parameters(&mut self, values: &[Tensor<1>]) {
        *self = replace(self.clone(), values);
    }

    fn gradients(&self, grads: &mut Gradients) -> Vec<Tensor<1>> {
        gradients(self, grads)
    }
}

/// A base's configuration.
pub trait BaseKind {
    /// The distribution of rows of so many features, told so many numbers.
    fn build(&self, features: usize, told: usize, init: &Init) -> Result<Box<dyn Base>>;
}

registry! {
    /// The bases that a configuration can name.
    pub enum BaseConfig("base distribution"): dyn BaseKind {
        "normal" => normal::StandardNormal,
        "learned" => learned::Learned,
        "mixture" => mixture::Mixture,
    }
}
