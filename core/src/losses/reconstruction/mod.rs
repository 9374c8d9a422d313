//! Losses of reconstruction: what it costs that a reconstruction is not the sample.

mod bce;
mod charbonnier;
mod composite;
mod l1;
mod l2;
mod ms_ssim;
mod similarity;
mod ssim;
#[cfg(test)]
mod tests;

use burn::prelude::*;

use super::Moment;
use crate::Result;

/// What a reconstruction costs.
pub trait Reconstruction {
    /// The mean over rows of samples of this shape and their reconstructions, `[batch, features]`, with values from −1 to 1 where they depict
    /// something: `[1]`.
    fn cost(&self, x: Tensor<2>, reconstruction: Tensor<2>, shape: &[usize]) -> Tensor<1>;

    /// The same at some moment of training, for what changes or has parts to tell.
    fn cost_at(
        &self,
        x: Tensor<2>,
        reconstruction: Tensor<2>,
        shape: &[usize],
        _moment: &Moment,
    ) -> Tensor<1> {
        self.cost(x, reconstruction, shape)
    }

    /// Refuses options, and samples of a shape that it cannot compare.
    fn check(&self, _shape: &[usize]) -> Result<()> {
        Ok(())
    }
}

registry! {
    /// The losses of reconstruction that a configuration can name.
    pub enum ReconstructionConfig("reconstruction loss"): dyn Reconstruction {
        "l2" => l2::L2,
        "l1" => l1::L1,
        "charbonnier" => charbonnier::Charbonnier,
        "bce" => bce::Bce,
        "ssim" => ssim::Ssim,
        "ms_ssim" => ms_ssim::MsSsim,
        "composite" => composite::Composite,
    }
}
