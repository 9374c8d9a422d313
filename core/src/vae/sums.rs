//! Sums of numbers that are known by their logarithms.

use burn::prelude::*;

/// `ln Σ eˣ` along an axis, which stays with length 1.
pub(crate) fn log_sum_exp<const D: usize>(x: Tensor<D>, axis: usize) -> Tensor<D> {
    // Any number near the largest does; its gradient is none.
    let top = x.clone().detach().max_dim(axis);
    (x - top.clone()).exp().sum_dim(axis).log() + top
}

/// `ln (1/n) Σ eˣ` along an axis.
pub(crate) fn log_mean_exp<const D: usize>(x: Tensor<D>, axis: usize) -> Tensor<D> {
    let n = x.dims()[axis] as f64;
    log_sum_exp(x, axis) - n.ln()
}

/// `ln Σ_k w_k N(z; μ_k, s_k²)`, `[rows, 1]`, of `z`, `[rows, latents]`, with means and log variances `[k, latents]` and `ln w`, `[1, k]`.
pub(crate) fn log_mixture(
    z: Tensor<2>,
    components: &crate::latents::Gaussian,
    log_weights: Tensor<2>,
) -> Tensor<2> {
    let ([rows, latents], count) = (z.dims(), components.mean.dims()[0]);
    let z = z.reshape([rows, 1, latents]);
    let [mean, log_variance] =
        [&components.mean, &components.log_variance].map(|x| x.clone().reshape([1, count, latents]));
    let away = (z - mean).square() * (-log_variance.clone()).exp() + log_variance;
    let each = (away + std::f64::consts::TAU.ln()).sum_dim(2).reshape([rows, count]) * -0.5;
    log_sum_exp(each + log_weights, 1)
}
