//! Encoders and decoders: rows to numbers of a latent, and back.

mod mlp;
mod residual;
mod convolutional;

use burn::prelude::*;

use crate::nn::{Condition, Init, Network};
use crate::{Error, Result};

/// The two networks of an autoencoder.
pub struct Coders {
    /// Rows of the data to rows of the latent, which may hold several numbers for each of the latent's own.
    pub encoder: Box<dyn Network>,
    /// Rows of latents to rows of the data.
    pub decoder: Box<dyn Network>,
    /// Shape of a latent.
    pub latent: Vec<usize>,
}

/// How many numbers go in and out.
#[derive(Clone, Copy, Debug)]
pub struct Widths {
    /// What the encoder gives (at each place, where a latent is a picture): more than the decoder takes where a latent is drawn from a
    /// distribution.
    pub given: usize,
    /// What the decoder takes, in the same way.
    pub taken: usize,
    /// What the decoder gives for each number of a sample, all of the first kind before those of the second.
    pub outputs: usize,
    /// Classes that both are told by [`Condition::class`]; 0 for none.
    pub told: usize,
}

impl Widths {
    /// One number out for each number of a sample, and no classes.
    pub fn new(given: usize, taken: usize) -> Self {
        Self { given, taken, outputs: 1, told: 0 }
    }
}

/// An encoder's and decoder's configuration.
pub trait Coding {
    /// Builds both for samples of this shape. Fails where the configuration does not fit it.
    fn build(&self, shape: &[usize], widths: Widths, init: &Init) -> Result<Coders>;
}

registry! {
    /// The encoders and decoders that a configuration can name.
    pub enum CoderConfig("coder"): dyn Coding {
        "residual" => residual::Residual,
        "convolutional" => convolutional::Convolutional,
        "mlp" => mlp::Mlp,
    }
}

/// The refusal of a coder of pictures.
fn no_picture(name: &str, shape: &[usize]) -> Error {
    let message = format!(
        "{name} coders take pictures [channels, height, width], not {shape:?}; `mlp` takes any shape"
    );
    Error::config(".", message)
}

/// Rows with the class beside them, `[batch, numbers + told]`: zeros where none is said.
fn beside(x: Tensor<2>, condition: &Condition, told: usize) -> Tensor<2> {
    if told == 0 {
        return x;
    }
    let class = class_of(&x, condition, told);
    Tensor::cat(vec![x, class], 1)
}

/// Pictures with the class as further channels, `[batch, channels + told, height, width]`.
fn above(x: Tensor<4>, condition: &Condition, told: usize) -> Tensor<4> {
    if told == 0 {
        return x;
    }
    let [batch, _, height, width] = x.dims();
    let class = class_of(&x, condition, told).reshape([batch, told, 1, 1]);
    Tensor::cat(vec![x, class.expand([batch, told, height, width])], 1)
}

/// `[batch, told]`, for as many rows as `x` has.
fn class_of<const D: usize>(x: &Tensor<D>, condition: &Condition, told: usize) -> Tensor<2> {
    let none = || Tensor::zeros([x.dims()[0], told], (&x.device(), x.dtype()));
    condition.class.clone().unwrap_or_else(none)
}
