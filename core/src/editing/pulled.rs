//! Diffusion posterior sampling: a denoiser that is drawn towards samples whose measurement `A x` is `y`.
//!
//! ```text
//! D_y(x; σ) = D − ζ σ² ∇_x ‖y − A D(x; σ)‖² / 2v,   v = σ_y² + ‖A‖² σ² s²/(σ² + s²)
//! ```
//!
//! Chung et al. 2023, Eq. 16, <https://arxiv.org/abs/2209.14687>: `p(y | x) ≈ p(y | D(x))`, with the gradient through the network. Their
//! `v` is `σ_y²` alone, divided by a step size found by trial (Algorithm 1), after each step of one sampler. Here `v` adds the
//! variance that the data still have given `x`, `s` being their standard deviation (Song et al. 2023, "ΠGDM", section 3.2,
//! <https://openreview.net/forum?id=9_gsMA8MRKQ>): so that a denoiser comes out that any solver may integrate, however low `σ_y` is.

use burn::prelude::*;

use super::{Dps, Known};
use crate::guidance::gradient::through;
use crate::samplers::{Denoiser, Evaluation, Vector};

/// A denoiser that is pulled towards a measurement.
pub struct Pulled {
    /// What denoises.
    pub inner: Box<dyn Denoiser>,
    /// `A`: `[batch, features]` to `[batch, m]`.
    pub measure: Box<dyn Fn(Tensor<2>) -> Tensor<2>>,
    /// `‖A‖²`, the largest eigenvalue of `A Aᵀ`.
    pub gain: f64,
    /// `y`: `[batch, m]`.
    pub measured: Tensor<2>,
    /// `ζ` and `σ_y`.
    pub pull: Dps,
    /// `s`: standard deviation of the data.
    pub spread: f64,
}

impl Pulled {
    /// Pulled towards those numbers of `rows` at which `mask` is 0, both `[batch, features]`.
    pub fn known(inner: Box<dyn Denoiser>, Known { rows, mask }: Known, pull: &Dps, spread: f64) -> Self {
        let known = mask * -1.0 + 1.0;
        let measured = rows * known.clone();
        let measure = Box::new(move |x| x * known.clone());
        Self { inner, measure, gain: 1.0, measured, pull: pull.clone(), spread }
    }
}

impl Denoiser for Pulled {
    fn denoise(&self, x: Tensor<2>, sigma: f64) -> Tensor<2> {
        self.evaluate(x.into(), sigma, sigma).mean.into_tensor()
    }

    /// What is known moves the mean; the variance stays the model's.
    fn evaluate(&self, x: Vector, sigma: f64, next: f64) -> Evaluation {
        let residual = |denoised| ((self.measure)(denoised) - self.measured.clone()).square().sum();
        let (said, gradient) = through(&*self.inner, &x.into_tensor(), [sigma, next], residual);
        let (noise, data) = (sigma * sigma, self.spread * self.spread);
        let v = self.pull.noise.powi(2) + self.gain * noise * data / (noise + data);
        let moved = (-self.pull.strength * noise / (2.0 * v), gradient.into());
        Evaluation { mean: Vector::sum([(1.0, said.mean), moved]), v: said.v }
    }

    fn forget(&self) {
        self.inner.forget();
    }
}
