//! Observation models: what the decoder's numbers say of a sample, `p(x|z)`.

mod bernoulli;
mod gaussian;
mod logistic;
mod logistic_mixture;

use burn::prelude::*;

use crate::data::Dataset;
use crate::likelihood::Cells;
use crate::nn::{Init, Parametric};
use crate::samplers::Noise;
use crate::{Error, Result};

pub use gaussian::Scale;

/// How many values a byte has.
const BYTES: usize = 256;

/// An observation model's configuration.
pub trait Observation {
    /// Refuses options that its type alone does not.
    fn check(&self) -> Result<()> {
        Ok(())
    }

    /// Numbers that the decoder gives for each number of a sample.
    fn outputs(&self) -> usize;

    /// The model for samples of so many numbers.
    fn build(&self, features: usize, init: &Init) -> Box<dyn Observed>;

    /// What a sample's numbers stand for.
    fn support(&self) -> Support;
}

/// Which numbers have a probability.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Support {
    /// All, a density.
    Line,
    /// Bytes as [−1, 1], each the probability of its cell.
    Bytes,
    /// From −1, which is 0, to 1, which is 1: probabilities of being 1.
    Unit,
}

/// An observation model with what it has learnt. What the decoder says is `[rows, outputs · features]`.
pub trait Observed: Parametric {
    /// What the encoder sees of a sample.
    fn seen(&self, x: Tensor<2>) -> Tensor<2> {
        x
    }

    /// `ln p(x|z)`, `[rows, 1]`.
    fn log_density(&self, said: Tensor<2>, x: Tensor<2>) -> Tensor<2>;

    /// The mean of `x`, `[rows, features]`.
    fn mean(&self, said: Tensor<2>) -> Tensor<2>;

    /// A sample of each row, by the row's own key.
    fn sample(&self, said: Tensor<2>, noise: &Noise) -> Tensor<2>;
}

registry! {
    /// The observation models that a configuration can name.
    pub enum ObservationConfig("observation model"): dyn Observation {
        "bernoulli" => bernoulli::Bernoulli,
        "gaussian" => gaussian::GaussianObservation,
        "logistic" => logistic::Logistic,
        "logistic_mixture" => logistic_mixture::LogisticMixture,
    }
}

/// Examples that are looked at before training.
const LOOKED_AT: u64 = 64;

impl Support {
    /// Refuses data whose numbers are impossible.
    pub(super) fn check(self, name: &str, dataset: &dyn Dataset) -> Result<()> {
        let (holds, wanted): (fn(&[f32]) -> bool, _) = match self {
            Self::Line => return Ok(()),
            Self::Bytes => (|x| Cells::BYTES.hold(x), "bytes as [−1, 1], as pictures are"),
            Self::Unit => {
                (|x| x.iter().all(|x| (-1.0..=1.0).contains(x)), "numbers in [−1, 1], as pictures are")
            }
        };
        let mut x = vec![0.0; dataset.shape().iter().product()];
        for index in 0..LOOKED_AT.min(dataset.len().map_or(LOOKED_AT, |len| len as u64)) {
            dataset.read(index, &mut x);
            if !holds(&x) {
                let message = format!(
                    "`{name}` is for {wanted}, and example {index} has others; take `gaussian` for any numbers"
                );
                return Err(Error::config("decoder", message));
            }
        }
        Ok(())
    }
}
