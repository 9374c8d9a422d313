//! Linear layers: a product with weights, a bias, and a rectifier in the same pass.
//!
//! ```text
//! y = x W + b      or  y = max(x W + b, 0)
//! ```

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, Dispatch, backend_extension};
use burn::prelude::*;

#[cfg(feature = "flex")]
mod flex;
mod gradient;
#[cfg(all(test, feature = "flex"))]
mod tests;

/// `x W + b`: `x` is `[rows, inputs]`, `weight` is `[inputs, outputs]`, `bias` is `[outputs]`; the output is `[rows, outputs]`.
pub fn linear(x: Tensor<2>, weight: Tensor<2>, bias: Tensor<1>) -> Tensor<2> {
    affine(x, weight, bias, false)
}

/// `max(x W + b, 0)` of the same.
pub fn rectified(x: Tensor<2>, weight: Tensor<2>, bias: Tensor<1>) -> Tensor<2> {
    affine(x, weight, bias, true)
}

fn affine(x: Tensor<2>, weight: Tensor<2>, bias: Tensor<1>, rectified: bool) -> Tensor<2> {
    let ([_, inputs], [wanted, outputs]) = (x.dims(), weight.dims());
    assert!(
        inputs == wanted && bias.dims() == [outputs],
        "linear: rows are {:?}, weights {:?}, a bias {:?}",
        x.dims(),
        weight.dims(),
        bias.dims()
    );
    let (x, weight, bias) = (x.into_dispatch(), weight.into_dispatch(), bias.into_dispatch());
    Tensor::from_dispatch(<Dispatch as LinearOps>::affine(x, weight, bias, rectified))
}

/// What a backend has to offer; the bodies here are what it means. On graphics adapters they are it: Burn's products are tuned there.
#[backend_extension(Flex: cfg(feature = "flex"), Cube: cfg(feature = "gpu"), Fusion: cfg(feature = "fusion"), Autodiff)]
pub trait LinearOps: Backend {
    /// [`linear`], or [`rectified`].
    #[fusion(default)]
    fn affine(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        rectified: bool,
    ) -> FloatTensor<Self> {
        reference::<Self>(x, weight, bias, rectified)
    }

    /// `∂L/∂a` of `y = max(a, 0)`, from `y` and `∂L/∂y`.
    #[fusion(default)]
    fn rectifier_backward(y: FloatTensor<Self>, gradient: FloatTensor<Self>) -> FloatTensor<Self> {
        Self::relu_backward(y, gradient)
    }

    /// The input's gradient from that of the output, `G Wᵀ`.
    #[fusion(default)]
    fn affine_x_backward(weight: FloatTensor<Self>, gradient: FloatTensor<Self>) -> FloatTensor<Self> {
        Self::linear_x_backward(weight, gradient)
    }

    /// The weights' gradient, `xᵀ G`.
    #[fusion(default)]
    fn affine_weight_backward(x: FloatTensor<Self>, gradient: FloatTensor<Self>) -> FloatTensor<Self> {
        Self::linear_weight_backward(x, gradient)
    }

    /// The bias's gradient, the sum over rows.
    #[fusion(default)]
    fn affine_bias_backward(gradient: FloatTensor<Self>) -> FloatTensor<Self> {
        Self::linear_bias_backward(gradient)
    }
}

#[cfg(feature = "gpu")]
impl LinearOps for burn_cubecl::CubeBackend {}

fn reference<B: Backend>(
    x: FloatTensor<B>,
    weight: FloatTensor<B>,
    bias: FloatTensor<B>,
    rectified: bool,
) -> FloatTensor<B> {
    let y = B::linear(x, weight, Some(bias));
    if rectified { B::relu(y) } else { y }
}
