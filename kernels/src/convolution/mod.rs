//! Two-dimensional convolution, padded so that height and width stay (divided by the strides).
//!
//! ```text
//! y[n, o, i, j] = b[o] + Σ_c Σ_k Σ_l w[o, c, k, l] x[n, c, i s + k − K/2, j s + l − L/2]
//! ```

use burn::backend::ops::ConvOptions;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, Dispatch, TensorMetadata, backend_extension};
use burn::prelude::*;

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
    let (x, weight, bias) = (x.into_dispatch(), weight.into_dispatch(), bias.into_dispatch());
    Tensor::from_dispatch(<Dispatch as ConvolutionOps>::convolution(x, weight, bias, stride))
}

/// What a backend has to offer; the bodies here are what it means.
#[backend_extension(Flex: cfg(feature = "flex"), Cube: cfg(feature = "gpu"), Fusion: cfg(feature = "fusion"), Autodiff)]
pub trait ConvolutionOps: Backend {
    /// [`convolution`].
    #[fusion(dtype = x, shape = Shape::new([x[0], weight[0], x[2].div_ceil(stride[0]), x[3].div_ceil(stride[1])]))]
    fn convolution(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        stride: [usize; 2],
    ) -> FloatTensor<Self> {
        let options = options(&weight.shape(), stride);
        Self::conv2d(x, weight, Some(bias), options)
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

fn options(weight: &Shape, stride: [usize; 2]) -> ConvOptions<2> {
    ConvOptions::new(stride, [weight[2] / 2, weight[3] / 2], [1, 1], 1)
}
