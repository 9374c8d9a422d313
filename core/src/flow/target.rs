//! Densities that are known but for their normaliser: how a flow learns them, and what the normaliser comes to.
//!
//! ```text
//! p(x) = p̃(x)/Z,   KL(q‖p) − ln Z = E_q [ln q(x) − ln p̃(x)],   Z = E_q [p̃(x)/q(x)]
//! ```

mod annealing;

use burn::prelude::*;

use super::{Flow, chain};
use crate::nn::Network;
use crate::samplers::Noise;

pub use annealing::{Annealing, Kernel, Walkers};

/// `ln p̃`: rows `[batch, features]` to `[batch, 1]`. It is differentiated where the rows are.
pub type LogDensity<'a> = dyn Fn(Tensor<2>) -> Tensor<2> + 'a;

/// The reverse divergence from a flow's network to a density, but for `ln Z`: `[1]`, to be descended along the way of the samples (Rezende
/// and Mohamed 2015, <https://arxiv.org/abs/1505.05770>, section 4.2). `noise` is drawn where its device is: on one with autodiff.
///
/// # Panics
/// Where the network is not a flow's.
pub fn reverse_divergence(network: &dyn Network, noise: &Noise, density: &LogDensity) -> Tensor<1> {
    let [x, log_q] = chain(network).drawn(noise, None);
    (log_q - density(x)).mean()
}

/// A normaliser by weighted samples, still on the device.
#[derive(Clone, Debug)]
pub struct Evidence {
    /// `ln Z`, `[1]`.
    pub log_z: Tensor<1>,
    /// How many samples of equal weight say as much, `(Σ w)²/Σ w²`, `[1]`: near their number where the samples' density is the wanted one.
    pub effective: Tensor<1>,
    /// The weights, of sum one, `[batch, 1]`: `Σ w f(x)` is the mean of `f`.
    pub weights: Tensor<2>,
}

impl Evidence {
    /// Of `ln w`, `[batch, 1]`, of samples whose mean weight is `Z`.
    pub fn of(log_weights: Tensor<2>) -> Self {
        let count = log_weights.dims()[0] as f64;
        let most = log_weights.clone().max();
        let weights = (log_weights - most.clone().unsqueeze()).exp();
        let sum = weights.clone().sum();
        Self {
            log_z: most + sum.clone().log() - count.ln(),
            effective: sum.clone().square() / weights.clone().square().sum(),
            weights: weights / sum.unsqueeze(),
        }
    }
}

impl Flow {
    /// Samples, `[batch, features]`, weighted to be those of a density, and its normaliser (Müller et al. 2019,
    /// <https://arxiv.org/abs/1808.03856>). A flow that misses a part of the density finds it too small, and does not know it.
    pub fn weighted(&self, noise: &Noise, density: &LogDensity) -> (Tensor<2>, Evidence) {
        let [x, log_q] = self.chain.drawn(noise, None);
        let log_weights = density(x.clone()) - log_q;
        (x, Evidence::of(log_weights))
    }
}

#[cfg(test)]
mod tests;
