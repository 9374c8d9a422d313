//! Special functions of tensors, element by element: they are made of ordinary operations, so gradients pass.
//!
//! In single precision each is good to about 1e-6 of its value, or of 1 where the value is smaller; tensors in double precision get more.

mod bessel;
mod beta;
mod gamma;
mod normal;
mod quadrature;
#[cfg(test)]
mod tests;

use burn::prelude::*;

pub use bessel::{bessel_ratio, log_bessel_i0};
pub use beta::{beta_cdf, log_beta};
pub use gamma::{digamma, gamma_cdf, log_gamma};
pub use normal::{erf_inverse, log_normal_cdf, normal_cdf, normal_quantile};

pub(super) use gamma::gamma_slope;
pub(super) use quadrature::integral;

/// A polynomial, its highest coefficient first.
fn horner<const D: usize>(x: &Tensor<D>, coefficients: &[f64]) -> Tensor<D> {
    let start = x.full_like(coefficients[0]);
    coefficients[1..].iter().fold(start, |sum, c| sum * x.clone() + *c)
}

/// `e^x − 1`, also where `x` is small.
pub fn exp_m1<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    (x.clone() * 0.5).tanh() * (x.exp() + 1.0)
}

/// `ln(1 − e^−x)` for `x` above 0.
pub fn log_1m_exp<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    (x.clone() * 0.5).tanh().log() + x.neg().exp().log1p()
}

/// `ln Σ exp(x)` along a dimension, which is kept.
pub fn log_sum_exp<const D: usize>(x: Tensor<D>, dim: usize) -> Tensor<D> {
    // Where all are −∞, the greatest is no number to subtract.
    let most = x.clone().detach().max_dim(dim).clamp_min(-1e30);
    (x - most.clone()).exp().sum_dim(dim).log() + most
}
