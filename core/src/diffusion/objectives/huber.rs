//! The pseudo-Huber metric: `d(a, b) = sqrt(‖a − b‖² + c²) − c`, with `c = huber · sqrt(features)`.
//!
//! Song and Dhariwal 2023, section 3.3, <https://arxiv.org/abs/2310.14189>: near zero a square, far away a distance, so that few large
//! errors do not rule the gradient.

use burn::prelude::*;

/// `d` of each pair of rows, `[batch, features]` to `[batch, 1]`.
pub(super) fn pseudo_huber(a: Tensor<2>, b: Tensor<2>, huber: f64) -> Tensor<2> {
    let c = huber * (a.dims()[1] as f64).sqrt();
    let square = (a - b).square().sum_dim(1);
    // The same as sqrt(q + c²) − c, which would lose its digits where q is small.
    square.clone() / ((square + c * c).sqrt() + c)
}
