//! Gradients through a denoiser: `∇_x f(D(x; σ))`.
//!
//! The model's weights stay where they are: Burn takes a tensor without autodiff for a constant, so that only `x` is followed.

use burn::prelude::*;

use crate::samplers::{Denoiser, Evaluation};

/// What is said of `x` before a step from `σ` to `next`, its variance a constant, and `∇_x f(D(x; σ))`, `[batch, features]`. `f` is a
/// sum over rows `[1]`, so that each row gets its own gradient.
pub(crate) fn through(
    denoiser: &dyn Denoiser,
    x: &Tensor<2>,
    [sigma, next]: [f64; 2],
    f: impl Fn(Tensor<2>) -> Tensor<1>,
) -> (Evaluation, Tensor<2>) {
    let plain = x.clone().without_autodiff();
    let leaf = plain.clone().autodiff().require_grad();
    let Evaluation { mean, v } = denoiser.evaluate(leaf.clone().into(), sigma, next);
    let mean = mean.into_tensor();
    let gradient = of(f(mean.clone()), &leaf).unwrap_or_else(|| plain.zeros_like());
    // Burn differentiates once: inside of another gradient, this one is a constant.
    let mean = if x.is_autodiff() {
        denoiser.evaluate(x.clone().into(), sigma, next).mean
    } else {
        mean.without_autodiff().into()
    };
    (Evaluation { mean, v: v.map(Tensor::without_autodiff) }, gradient)
}

/// `∇_x sum`, `[batch, features]`; `None` where the sum does not depend on `x`.
pub(crate) fn of(sum: Tensor<1>, x: &Tensor<2>) -> Option<Tensor<2>> {
    if sum.is_tracked() { x.grad_remove(&mut sum.backward()) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> Tensor<2> {
        Tensor::from_floats([[1.0, -2.0, 0.5], [3.0, 0.25, -4.0]], &Device::flex())
    }

    /// `Σ y²`.
    fn squares(y: Tensor<2>) -> Tensor<1> {
        y.square().sum()
    }

    #[test]
    fn where_nothing_depends_on_x_the_gradient_is_zero() {
        let constant = |x: Tensor<2>, _sigma: f64| x.without_autodiff() * 3.0;
        let fixed = |_x: Tensor<2>, _sigma: f64| rows() + 1.0;
        let (said, gradient) = through(&constant, &rows(), [1.0; 2], squares);
        assert_eq!(said.mean.into_tensor().into_data(), (rows() * 3.0).into_data());
        assert_eq!(gradient.into_data(), rows().zeros_like().into_data());
        let (_, gradient) = through(&fixed, &rows(), [1.0; 2], squares);
        assert_eq!(gradient.into_data(), rows().zeros_like().into_data());
    }

    /// `∇ Σ (2x)² = 8x`, each row its own.
    #[test]
    fn the_gradient_of_the_squares_of_twice_x_is_eight_x() {
        let twice = |x: Tensor<2>, _sigma: f64| x * 2.0;
        let (Evaluation { mean: denoised, .. }, gradient) = through(&twice, &rows(), [1.0; 2], squares);
        let denoised = denoised.into_tensor();
        assert_eq!(denoised.clone().into_data(), (rows() * 2.0).into_data());
        assert!(!denoised.is_autodiff() && !gradient.is_autodiff());
        assert_eq!(gradient.into_data(), (rows() * 8.0).into_data());
    }

    /// Inside of another gradient, the outer one goes through `D` as through any function.
    #[test]
    fn an_outer_gradient_goes_through_what_was_denoised() {
        let twice = |x: Tensor<2>, _sigma: f64| x * 2.0;
        let x = rows().autodiff().require_grad();
        let (Evaluation { mean: denoised, .. }, gradient) = through(&twice, &x, [1.0; 2], squares);
        assert_eq!(gradient.clone().without_autodiff().into_data(), (rows() * 8.0).into_data());
        let outer = of((denoised.into_tensor() * gradient).sum(), &x).expect("it depends on x");
        assert_eq!(outer.into_data(), (rows() * 16.0).into_data());
    }
}
