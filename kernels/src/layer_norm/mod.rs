//! Layer normalisation (Ba et al. 2016, <https://arxiv.org/abs/1607.06450>), its scale and its shift, in one.
//!
//! ```text
//! x̂ = (x − mean) / sqrt(var + ε)      y = γ x̂ + β
//! ```
//!
//! Mean and variance are over the last axis. `γ` and `β` are the layer's, or each sample's: adaptive layer normalisation (Peebles and
//! Xie 2023, <https://arxiv.org/abs/2212.09748>, section 3.2).

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

/// `x` is `[batch, rows, width]`, `gamma` and `beta` are `[batch, width]` or `[1, width]`; ε is 1e-6.
pub fn layer_norm(x: Tensor<3>, gamma: Tensor<2>, beta: Tensor<2>) -> Tensor<3> {
    let (x, gamma, beta) = (x.into_dispatch(), gamma.into_dispatch(), beta.into_dispatch());
    Tensor::from_dispatch(<Dispatch as LayerNormOps>::layer_norm_of_rows(x, gamma, beta))
}

const EPSILON: f64 = 1e-6;

/// What a backend has to offer; the bodies here are what it means.
#[backend_extension(Flex: cfg(feature = "flex"), Cube: cfg(feature = "gpu"), Fusion: cfg(feature = "fusion"), Autodiff)]
pub trait LayerNormOps: Backend {
    /// [`layer_norm`].
    #[fusion(dtype = x, shape = x)]
    fn layer_norm_of_rows(
        x: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        reference::<Self>(x, gamma, beta)
    }

    /// The gradients of `x`, `gamma` and `beta` from that of the output.
    #[fusion(meta = |x, gamma, _| (x.clone(), gamma.clone(), gamma.clone()))]
    fn layer_norm_of_rows_backward(
        x: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        reference_backward::<Self>(x, gamma, gradient)
    }
}

fn reference<B: Backend>(x: FloatTensor<B>, gamma: FloatTensor<B>, beta: FloatTensor<B>) -> FloatTensor<B> {
    let (normal, _) = normalised::<B>(x);
    B::float_add(B::float_mul(normal, lines::<B>(gamma)), lines::<B>(beta))
}

/// `x̂`, and `1 / sqrt(var + ε)`, `[batch, rows, 1]`.
fn normalised<B: Backend>(x: FloatTensor<B>) -> (FloatTensor<B>, FloatTensor<B>) {
    let centred = B::float_sub(x.clone(), B::float_mean_dim(x, 2));
    let variance = B::float_mean_dim(B::float_mul(centred.clone(), centred.clone()), 2);
    let scale = B::float_recip(B::float_sqrt(B::float_add_scalar(variance, EPSILON.into())));
    (B::float_mul(centred, scale.clone()), scale)
}

/// `[batch, width]` as `[batch, 1, width]`.
fn lines<B: Backend>(x: FloatTensor<B>) -> FloatTensor<B> {
    let shape = x.shape();
    B::float_reshape(x, Shape::new([shape[0], 1, shape[1]]))
}

/// With `g = ∂L/∂y`: `∂L/∂γ = Σ g x̂`, `∂L/∂β = Σ g`, `∂L/∂x = (gγ − mean(gγ) − x̂ mean(gγ x̂)) / sqrt(var + ε)`.
fn reference_backward<B: Backend>(
    x: FloatTensor<B>,
    gamma: FloatTensor<B>,
    g: FloatTensor<B>,
) -> (FloatTensor<B>, FloatTensor<B>, FloatTensor<B>) {
    let shape = gamma.shape();
    let (normal, scale) = normalised::<B>(x);
    let dgamma = over_rows::<B>(B::float_mul(g.clone(), normal.clone()), &shape);
    let dbeta = over_rows::<B>(g.clone(), &shape);
    let g = B::float_mul(g, lines::<B>(gamma));
    let along = B::float_mean_dim(B::float_mul(g.clone(), normal.clone()), 2);
    let rest = B::float_sub(g.clone(), B::float_mean_dim(g, 2));
    (B::float_mul(B::float_sub(rest, B::float_mul(normal, along)), scale), dgamma, dbeta)
}

/// `[batch, rows, width]` summed to the shape of `gamma`.
fn over_rows<B: Backend>(x: FloatTensor<B>, shape: &Shape) -> FloatTensor<B> {
    let sums = B::float_sum_dim(x, 1);
    let sums = if shape[0] == 1 { B::float_sum_dim(sums, 0) } else { sums };
    B::float_reshape(sums, shape.clone())
}
