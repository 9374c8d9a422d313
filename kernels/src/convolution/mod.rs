//! Two-dimensional convolution, padded so that height and width stay (divided by the strides), and what follows it in the same pass.
//!
//! ```text
//! a[n, o, i, j] = b[o] + Σ_c Σ_k Σ_l w[o, c, k, l] x[n, c, i s + k − K/2, j s + l − L/2]
//! y = a      or  y = silu(a)      or  y = a + r      or  y = silu(a) + r
//! ```

use burn::backend::ops::ConvOptions;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, Dispatch, TensorMetadata, backend_extension};
use burn::prelude::*;

use crate::activation::{self, After};

#[cfg(feature = "gpu")]
mod cube;
#[cfg(feature = "flex")]
mod flex;
mod gradient;
#[cfg(all(test, feature = "flex"))]
mod tests;

/// `x` is `[batch, in, height, width]`, `weight` is `[out, in, kernel height, kernel width]` with a kernel of odd sides, `bias` is
/// `[out]`; the output is `[batch, out, height / stride, width / stride]`, rounded up.
pub fn convolution(x: Tensor<4>, weight: Tensor<4>, bias: Tensor<1>, stride: [usize; 2]) -> Tensor<4> {
    convolution_then(x, weight, bias, stride, After::Nothing, None)
}

/// The same, then `after`, then the sum with a `residual` of the output's shape.
pub fn convolution_then(
    x: Tensor<4>,
    weight: Tensor<4>,
    bias: Tensor<1>,
    stride: [usize; 2],
    after: After,
    residual: Option<Tensor<4>>,
) -> Tensor<4> {
    let outputs = outputs(&x.shape(), &weight.shape(), stride);
    let (x, weight, bias) = (x.into_dispatch(), weight.into_dispatch(), bias.into_dispatch());
    let Some(residual) = residual else {
        return Tensor::from_dispatch(<Dispatch as ConvolutionOps>::convolution(
            x, weight, bias, stride, after,
        ));
    };
    assert_eq!(residual.shape(), outputs, "a residual has the shape of the convolution's output");
    let residual = residual.into_dispatch();
    Tensor::from_dispatch(<Dispatch as ConvolutionOps>::convolution_onto(
        x, weight, bias, residual, stride, after,
    ))
}

/// What a backend has to offer; the bodies here are what it means.
#[backend_extension(Flex: cfg(feature = "flex"), Cube: cfg(feature = "gpu"), Fusion: cfg(feature = "fusion"), Autodiff)]
pub trait ConvolutionOps: Backend {
    /// [`convolution_then`] without a residual.
    #[fusion(dtype = x, shape = Shape::new([x[0], weight[0], x[2].div_ceil(stride[0]), x[3].div_ceil(stride[1])]))]
    fn convolution(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        stride: [usize; 2],
        after: After,
    ) -> FloatTensor<Self> {
        reference::<Self>([x, weight, bias], None, stride, after)
    }

    /// [`convolution_then`] with one.
    #[fusion(dtype = residual, shape = residual)]
    fn convolution_onto(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        residual: FloatTensor<Self>,
        stride: [usize; 2],
        after: After,
    ) -> FloatTensor<Self> {
        reference::<Self>([x, weight, bias], Some(residual), stride, after)
    }

    /// The input's gradient from that of the output.
    #[fusion(dtype = x, shape = x)]
    fn convolution_x_backward(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        stride: [usize; 2],
    ) -> FloatTensor<Self> {
        let options = options(&weight.shape(), stride);
        Self::conv2d_x_backward(x, weight, gradient, options)
    }

    /// The weights' gradient.
    #[fusion(dtype = weight, shape = weight)]
    fn convolution_weight_backward(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        stride: [usize; 2],
    ) -> FloatTensor<Self> {
        let options = options(&weight.shape(), stride);
        Self::conv2d_weight_backward(x, weight, gradient, options)
    }

    /// The bias's gradient.
    #[fusion(default)]
    fn convolution_bias_backward(
        x: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        Self::conv2d_bias_backward(x, bias, gradient)
    }
}

fn reference<B: Backend>(
    [x, weight, bias]: [FloatTensor<B>; 3],
    residual: Option<FloatTensor<B>>,
    stride: [usize; 2],
    after: After,
) -> FloatTensor<B> {
    let options = options(&weight.shape(), stride);
    let y = activation::after::<B>(B::conv2d(x, weight, Some(bias), options), after);
    match residual {
        Some(residual) => B::float_add(y, residual),
        None => y,
    }
}

/// `[batch, out, height / stride, width / stride]`, rounded up.
fn outputs(x: &Shape, weight: &Shape, stride: [usize; 2]) -> Shape {
    Shape::new([x[0], weight[0], x[2].div_ceil(stride[0]), x[3].div_ceil(stride[1])])
}

fn options(weight: &Shape, stride: [usize; 2]) -> ConvOptions<2> {
    ConvOptions::new(stride, [weight[2] / 2, weight[3] / 2], [1, 1], 1)
}
