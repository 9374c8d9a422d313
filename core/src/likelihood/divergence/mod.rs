//! The trace of the denoiser's Jacobian, from products with it.
//!
//! ```text
//! tr J ≈ w Σ_k v_kᵀ J v_k,   vᵀ J = ∇_x (v · D(x; σ))
//! ```
//!
//! Rows do not know of each other, so one backward pass of the sum over all rows gives every row its own product.

mod exact;
mod hutchinson;

use burn::prelude::*;
use burn::tensor::DType;

use crate::Result;
use crate::guidance::gradient;
use crate::samplers::{Denoiser, Noise};

pub use hutchinson::Probe;

/// Directions in which a Jacobian is probed, and the weight of each.
pub struct Directions {
    /// `v_k`, `[1 or batch, features]`.
    pub vectors: Vec<Tensor<2>>,
    /// `w`.
    pub weight: f64,
}

/// A rule that chooses directions.
pub trait Divergence {
    /// The directions for rows of this noise's number and kind. They stay the same along a trajectory.
    fn directions(&self, noise: &Noise, dtype: DType) -> Directions;

    /// Refuses options that its type alone does not.
    fn check(&self) -> Result<()> {
        Ok(())
    }
}

registry! {
    /// The estimates of a divergence that a configuration can name.
    pub enum DivergenceConfig("divergence"): dyn Divergence {
        "exact" => exact::Exact,
        "hutchinson" => hutchinson::Hutchinson,
    }
}

impl Directions {
    /// `D(x; σ)`, `[batch, features]`, and `tr ∂D/∂x`, `[batch, 1]`: an evaluation with its backward pass for each direction.
    ///
    /// Parameters on the plain device are constants to autodiff: no gradient of theirs is computed or kept.
    pub fn trace(&self, denoiser: &dyn Denoiser, x: &Tensor<2>, sigma: f64) -> (Tensor<2>, Tensor<2>) {
        let mut trace = x.zeros_like().sum_dim(1);
        let mut denoised = None;
        for v in &self.vectors {
            let leaf = x.clone().autodiff().require_grad();
            let d = denoiser.denoise(leaf.clone(), sigma);
            denoised.get_or_insert_with(|| d.clone().without_autodiff());
            if let Some(product) = gradient::of((d * v.clone()).sum(), &leaf) {
                trace = trace + (product * v.clone()).sum_dim(1) * self.weight;
            }
        }
        (denoised.unwrap_or_else(|| denoiser.denoise(x.clone(), sigma)), trace)
    }
}
