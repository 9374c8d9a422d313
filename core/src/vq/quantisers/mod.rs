//! Quantisers: vectors of numbers to codes, each the number of a vector that is kept.

mod books;
mod clusters;
mod matching;
mod passing;
mod rules;

// The quantisers
mod plain;
mod residual;
mod finite;
mod signs;

use burn::prelude::*;

use crate::Result;
use crate::nn::{Init, Parametric};
use crate::random::Key;

pub use matching::MatchConfig;
pub use passing::PassConfig;
pub use rules::CodebookConfig;

/// The most values of a code: as numbers they are told apart, and so are what they are divided by.
const MOST: usize = 1 << 22;

/// Vectors, quantised.
pub struct Quantised {
    /// What the decoder is given, `[vectors, dimensions]`; its gradient passes to what was quantised.
    pub vectors: Tensor<2>,
    /// `[vectors, depth]`.
    pub codes: Tensor<2>,
    /// Mean square between what was quantised and what it was quantised to, `[1]`.
    pub distance: Tensor<1>,
    /// What the loss pays for the quantiser, `[1]`.
    pub penalty: Tensor<1>,
}

/// A quantiser with what it has learnt.
pub trait Quantiser: Parametric {
    /// Codes of a vector.
    fn depth(&self) -> usize;

    /// How many values a code has.
    fn size(&self) -> usize;

    /// Quantises `[vectors, dimensions]`.
    fn quantise(&self, z: Tensor<2>) -> Quantised;

    /// `[vectors, depth]` to `[vectors, dimensions]`; what is no code stands for the middle of all.
    fn vectors(&self, codes: Tensor<2>) -> Tensor<2>;

    /// Whether it learns from vectors otherwise than by gradients.
    fn follows(&self) -> bool {
        false
    }

    /// Takes codes from the vectors of a first batch, without autodiff; says whether it took any.
    fn prepare(&mut self, _z: Tensor<2>, _key: Key) -> bool {
        false
    }

    /// Lets codes follow the vectors of a batch, without autodiff, where [`Quantiser::follows`].
    fn follow(&mut self, _z: Tensor<2>, _key: Key) {}
}

/// A quantiser's configuration.
pub trait Quantising {
    /// Builds it for vectors of so many numbers. Fails where the configuration does not fit them.
    fn build(&self, dimensions: usize, init: &Init) -> Result<Box<dyn Quantiser>>;

    /// Beginnings of the paths, of a network with this quantiser under `quantiser`, of what no optimizer changes.
    fn frozen(&self) -> &'static [&'static str] {
        &[]
    }
}

registry! {
    /// The quantisers that a configuration can name.
    pub enum QuantiserConfig("quantiser"): dyn Quantising {
        "vq" => plain::Vq,
        "residual" => residual::ResidualVq,
        "fsq" => finite::Fsq,
        "lfq" => signs::Lfq,
    }
}

/// `value`, with the gradient of `x` as if nothing had been done (Bengio et al. 2013, <https://arxiv.org/abs/1308.3432>).
fn straight_through(x: Tensor<2>, value: Tensor<2>) -> Tensor<2> {
    value.detach() + (x.clone() - x.detach())
}

/// A line of numbers, `[1, n]`, where `like` lies.
fn line(values: impl IntoIterator<Item = f64>, like: &Tensor<2>) -> Tensor<2> {
    let values: Vec<f32> = values.into_iter().map(|value| value as f32).collect();
    let shape = [1, values.len()];
    Tensor::from_data(TensorData::new(values, shape), &like.device())
}

#[cfg(test)]
mod tests;
