//! Classifier-free guidance: away from what the model draws of no class, towards what it draws of this one.
//!
//! ```text
//! D_w(x; σ) = D(x; σ, ∅) + w (D(x; σ, c) − D(x; σ, ∅))
//! ```
//!
//! Ho and Salimans 2022, <https://arxiv.org/abs/2207.12598>, with `w = 1 + their w`: 1 is no guidance.

use burn::prelude::*;

use super::Trained;
use crate::samplers::Denoiser;

/// The denoiser of a model for given classes, guided.
pub struct Guided<'a> {
    pub(super) model: &'a Trained,
    pub(super) class: Option<Tensor<2>>,
    pub(super) scale: f64,
}

impl Denoiser for Guided<'_> {
    fn denoise(&self, x: Tensor<2>, sigma: f64) -> Tensor<2> {
        match &self.class {
            Some(class) if self.scale != 1.0 => {
                // Both in one batch: the network is asked once.
                let rows = x.dims()[0];
                let both = Tensor::cat(vec![class.clone(), class.zeros_like()], 0);
                let denoised = self.model.denoise(x.repeat_dim(0, 2), sigma, Some(both));
                let with = denoised.clone().narrow(0, 0, rows);
                let without = denoised.narrow(0, rows, rows);
                with * self.scale + without * (1.0 - self.scale)
            }
            class => self.model.denoise(x, sigma, class.clone()),
        }
    }
}
