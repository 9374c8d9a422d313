//! How far apart distributions are, as losses with a gradient: of sets of rows, and of what has a density.
//!
//! The metrics of the same names look at many rows without a gradient; these look at a batch.

mod densities;
mod energy;
mod mmd;
mod pairs;
mod sinkhorn;
mod sliced;
#[cfg(test)]
mod tests;

use burn::prelude::*;

use crate::Result;
use crate::random::Key;

pub use densities::{jensen_shannon, renyi, reverse_kl};
pub use mmd::Similarity;

/// A divergence between two sets of rows.
pub trait SetDivergence {
    /// Of rows of one width, `[n, features]` and `[m, features]`: `[1]`. What is drawn at random is so by the key.
    fn measure(&self, x: Tensor<2>, y: Tensor<2>, key: Key) -> Tensor<1>;

    /// Refuses options that make no divergence.
    fn check(&self) -> Result<()> {
        Ok(())
    }
}

registry! {
    /// The divergences between sets of rows that a configuration can name.
    pub enum SetDivergenceConfig("divergence of samples"): dyn SetDivergence {
        "mmd" => mmd::KernelDiscrepancy,
        "energy" => energy::Energy,
        "sinkhorn" => sinkhorn::Sinkhorn,
        "sliced_wasserstein" => sliced::Sliced,
    }
}
