//! Classifier guidance: the gradient of a classifier's log-probability, for models that were never told a class.
//!
//! ```text
//! D_w(x; σ) = D(x; σ) + w σ² ∇_x log p(c | D(x; σ))
//! ```
//!
//! Dhariwal and Nichol 2021, Eq. 11 and Algorithm 2, <https://arxiv.org/abs/2105.05233>, by `D = x + σ² ∇ log p(x; σ)`. Their
//! classifier has learnt noisy pictures; a classifier of clean ones is asked about the denoised estimate, and the gradient goes
//! through the denoiser (Bansal et al. 2023, "Universal guidance", Eq. 6, <https://arxiv.org/abs/2302.07121>): about three times
//! the cost of a plain evaluation. As `∂D/∂x = Cov(y | x)/σ²`, the pull stays bounded however large `σ` is.

use burn::prelude::*;
use burn::tensor::activation::log_softmax;

use super::gradient::through;
use crate::samplers::{Denoiser, Evaluation, Vector};

/// A denoiser, pulled towards what a classifier takes for the wanted classes.
pub struct Classified {
    /// What denoises.
    pub inner: Box<dyn Denoiser>,
    /// The classifier: `[batch, features]` to logits `[batch, classes]`.
    pub logits: Box<dyn Fn(Tensor<2>) -> Tensor<2>>,
    /// The wanted classes, one-hot: `[batch, classes]`.
    pub class: Tensor<2>,
    /// `w`; 1 is Bayes' rule.
    pub scale: f64,
}

impl Denoiser for Classified {
    fn denoise(&self, x: Tensor<2>, sigma: f64) -> Tensor<2> {
        self.evaluate(x.into(), sigma, sigma).mean.into_tensor()
    }

    /// What is known moves the mean; the variance stays the model's.
    fn evaluate(&self, x: Vector, sigma: f64, next: f64) -> Evaluation {
        let log_likelihood = |denoised| (log_softmax((self.logits)(denoised), 1) * self.class.clone()).sum();
        let (said, gradient) = through(&*self.inner, &x.into_tensor(), [sigma, next], log_likelihood);
        let moved = (self.scale * sigma * sigma, gradient.into());
        Evaluation { mean: Vector::sum([(1.0, said.mean), moved]), v: said.v }
    }

    fn forget(&self) {
        self.inner.forget();
    }
}
