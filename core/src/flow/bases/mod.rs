//! Base distributions: what data are carried to.

mod normal;
mod learned;
mod mixture;
mod uniform;

use burn::prelude::*;

use crate::Result;
use crate::nn::{Init, Parametric};
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
pub trait Base: Density + Parametric {}

impl<T: Density + Parametric> Base for T {}

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
        "uniform" => uniform::Uniform,
    }
}
