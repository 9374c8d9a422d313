//! The variance of a step towards data: fixed by the sampler, or learnt beside the mean.

mod fixed;
mod learned;

use burn::prelude::*;

use super::{DiffusionConfig, NoiseConfig};
use crate::Result;

pub use learned::Decoder;

/// What a model learns of the variance.
pub trait Variance {
    /// How many numbers the network gives for each of a sample.
    fn outputs(&self) -> usize {
        1
    }

    /// What is added to the loss of a batch, where the variance is learnt.
    fn bound(&self) -> Option<&Learned> {
        None
    }

    /// Refuses options that its type alone does not, and levels with which it cannot be learnt.
    fn check(&self, _noise: &NoiseConfig) -> Result<()> {
        Ok(())
    }

    /// Refuses samples of which it cannot be learnt.
    fn check_shape(&self, _shape: &[usize]) -> Result<()> {
        Ok(())
    }
}

registry! {
    /// The variances that a configuration can name.
    pub enum VarianceConfig("variance"): dyn Variance {
        "fixed" => fixed::Fixed,
        "learned" => learned::Learned,
    }
}

impl DiffusionConfig {
    /// The network's output as `F` and, where the variance is learnt, `v`, which the network gives as `2v − 1`.
    pub(super) fn split(&self, output: Tensor<2>) -> (Tensor<2>, Option<Tensor<2>>) {
        if self.variance.outputs() == 1 {
            return (output, None);
        }
        let features = output.dims()[1] / 2;
        let v = (output.clone().narrow(1, features, features) + 1.0) * 0.5;
        (output.narrow(1, 0, features), Some(v))
    }

    /// The loss with `λ L_vlb` added where the variance is learnt, of the mean and the variance that the model says of `y` with noise `sigma`.
    pub(super) fn hybrid(
        &self,
        simple: Tensor<1>,
        sigma: &[f64],
        y: &Tensor<2>,
        [mean, v]: [Tensor<2>; 2],
    ) -> Tensor<1> {
        match (self.variance.bound(), self.noise.table()) {
            (Some(learned), Some(table)) => simple + learned.cost(&table, sigma, y, mean, v),
            _ => simple,
        }
    }
}
