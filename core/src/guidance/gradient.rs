//! Gradients through a denoiser: `∇_x f(D(x; σ))`.
//!
//! The model's weights stay where they are: Burn takes a tensor without autodiff for a constant, so that only `x` is followed.

use burn::prelude::*;

use crate::samplers::Denoiser;

/// `D(x; σ)` and `∇_x f(D(x; σ))`, both `[batch, features]`. `f` is a sum over rows `[1]`, so that each row gets its own gradient.
pub(crate) fn through(
    denoiser: &dyn Denoiser,
    x: &Tensor<2>,
    sigma: f64,
    f: impl Fn(Tensor<2>) -> Tensor<1>,
) -> (Tensor<2>, Tensor<2>) {
    let plain = x.clone().without_autodiff();
    let leaf = plain.clone().autodiff().require_grad();
    let denoised = denoiser.denoise(leaf.clone(), sigma);
    let gradient = of(f(denoised.clone()), &leaf).unwrap_or_else(|| plain.zeros_like());
    // Burn differentiates once: inside of another gradient, this one is a constant.
    let denoised =
        if x.is_autodiff() { denoiser.denoise(x.clone(), sigma) } else { denoised.without_autodiff() };
    (denoised, gradient)
}

/// `∇_x sum`, `[batch, features]`; `None` where the sum does not depend on `x`.
pub(crate) fn of(sum: Tensor<1>, x: &Tensor<2>) -> Option<Tensor<2>> {
    if sum.is_tracked() { x.grad_remove(&mut sum.backward()) } else { None }
}
