//! Group normalisation (Wu and He 2018, <https://arxiv.org/abs/1803.08494>), its scale and shift, and the activation after it, in one.
//!
//! ```text
//! x̂ = (x − mean) / sqrt(var + ε)      y = γ x̂ + β      or y = silu(γ x̂ + β)
//! ```
//!
//! Mean and variance are over a group's channels and all places. `γ` and `β` are the layer's, or each sample's: adaptive group
//! normalisation (Dhariwal and Nichol 2021, <https://arxiv.org/abs/2105.05233>).

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, Dispatch, TensorMetadata, backend_extension};
use burn::prelude::*;

use crate::activation::{self, Gate};

#[cfg(feature = "gpu")]
mod cube;
#[cfg(feature = "flex")]
mod flex;
mod gradient;
#[cfg(all(test, feature = "flex"))]
mod tests;

/// What comes after the scale and the shift.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum After {
    /// Nothing.
    Nothing,
    /// The sigmoid linear unit.
    Silu,
}

/// `x` is `[batch, channels, height, width]`, `gamma` and `beta` are `[batch, channels]` or `[1, channels]`; `groups` must divide the
/// channels, and ε is 1e-5.
pub fn group_norm(x: Tensor<4>, gamma: Tensor<2>, beta: Tensor<2>, groups: usize, after: After) -> Tensor<4> {
    let (x, gamma, beta) = (x.into_dispatch(), gamma.into_dispatch(), beta.into_dispatch());
    Tensor::from_dispatch(<Dispatch as GroupNormOps>::group_norm(x, gamma, beta, groups, after))
}

const EPSILON: f64 = 1e-5;

/// What a backend has to offer; the bodies here are what it means.
#[backend_extension(Flex: cfg(feature = "flex"), Cube: cfg(feature = "gpu"), Fusion: cfg(feature = "fusion"), Autodiff)]
pub trait GroupNormOps: Backend {
    /// [`group_norm`].
    #[fusion(dtype = x, shape = x)]
    fn group_norm(
        x: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        groups: usize,
        after: After,
    ) -> FloatTensor<Self> {
        reference::<Self>(x, gamma, beta, groups, after)
    }

    /// The gradients of `x`, `gamma` and `beta` from that of the output.
    #[fusion(meta = |x, gamma, beta, _, _, _| (x.clone(), gamma.clone(), beta.clone()))]
    fn group_norm_backward(
        x: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        groups: usize,
        after: After,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        reference_backward::<Self>([x, gamma, beta, gradient], groups, after)
    }
}

pub(crate) fn reference<B: Backend>(
    x: FloatTensor<B>,
    gamma: FloatTensor<B>,
    beta: FloatTensor<B>,
    groups: usize,
    after: After,
) -> FloatTensor<B> {
    let shape = x.shape();
    let (normal, _) = normalised::<B>(x, groups);
    let y = affine::<B>(B::float_reshape(normal, shape), gamma, beta);
    match after {
        After::Nothing => y,
        After::Silu => activation::reference::<B>(y, Gate::Silu),
    }
}

/// `x̂`, and `1 / sqrt(var + ε)`, as `[batch, groups, numbers]` and `[batch, groups, 1]`.
fn normalised<B: Backend>(x: FloatTensor<B>, groups: usize) -> (FloatTensor<B>, FloatTensor<B>) {
    let shape = x.shape();
    let numbers = shape.num_elements() / (shape[0] * groups);
    let x = B::float_reshape(x, Shape::new([shape[0], groups, numbers]));
    let centred = B::float_sub(x.clone(), B::float_mean_dim(x, 2));
    let variance = B::float_mean_dim(B::float_mul(centred.clone(), centred.clone()), 2);
    let scale = B::float_recip(B::float_sqrt(B::float_add_scalar(variance, EPSILON.into())));
    (B::float_mul(centred, scale.clone()), scale)
}

fn affine<B: Backend>(normal: FloatTensor<B>, gamma: FloatTensor<B>, beta: FloatTensor<B>) -> FloatTensor<B> {
    B::float_add(B::float_mul(normal, places::<B>(gamma)), places::<B>(beta))
}

/// `[rows, channels]` as `[rows, channels, 1, 1]`.
fn places<B: Backend>(x: FloatTensor<B>) -> FloatTensor<B> {
    let shape = x.shape();
    B::float_reshape(x, Shape::new([shape[0], shape[1], 1, 1]))
}

/// With `g = ∂L/∂(γ x̂ + β)`: `∂L/∂γ = Σ g x̂`, `∂L/∂β = Σ g`, `∂L/∂x = (gγ − mean(gγ) − x̂ mean(gγ x̂)) / sqrt(var + ε)`.
pub(crate) fn reference_backward<B: Backend>(
    [x, gamma, beta, gradient]: [FloatTensor<B>; 4],
    groups: usize,
    after: After,
) -> (FloatTensor<B>, FloatTensor<B>, FloatTensor<B>) {
    let (shape, rows) = (x.shape(), gamma.shape()[0]);
    let (normal, scale) = normalised::<B>(x, groups);
    let grouped = normal.shape();
    let wide = B::float_reshape(normal.clone(), shape.clone());
    let g = match after {
        After::Nothing => gradient,
        After::Silu => activation::reference_backward::<B>(
            affine::<B>(wide.clone(), gamma.clone(), beta),
            gradient,
            Gate::Silu,
        ),
    };
    let dgamma = over_places::<B>(B::float_mul(g.clone(), wide), rows);
    let dbeta = over_places::<B>(g.clone(), rows);
    let g = B::float_reshape(B::float_mul(g, places::<B>(gamma)), grouped);
    let along = B::float_mean_dim(B::float_mul(g.clone(), normal.clone()), 2);
    let rest = B::float_sub(g.clone(), B::float_mean_dim(g, 2));
    let dx = B::float_mul(B::float_sub(rest, B::float_mul(normal, along)), scale);
    (B::float_reshape(dx, shape), dgamma, dbeta)
}

/// `[batch, channels, height, width]` summed to `[rows, channels]`, where the rows are the batch's or one.
fn over_places<B: Backend>(x: FloatTensor<B>, rows: usize) -> FloatTensor<B> {
    let shape = x.shape();
    let (batch, channels) = (shape[0], shape[1]);
    let x = B::float_reshape(x, Shape::new([batch, channels, shape[2] * shape[3]]));
    let sums = B::float_reshape(B::float_sum_dim(x, 2), Shape::new([batch, channels]));
    if rows == batch { sums } else { B::float_sum_dim(sums, 0) }
}
