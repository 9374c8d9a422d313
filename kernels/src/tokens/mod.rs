//! Tokens from their logarithms: what is not to be drawn is cut away, and one is drawn.
//!
//! ```text
//! keep   p_i ∝ exp(l_i/T) of the tokens with p_i ≥ τ, none of the rest
//! draw   the first token j with Σ_{i ≤ j} p_i > u Σ_i p_i,   u uniform
//! ```
//!
//! `τ` is what a sort would find, but found by halving the interval of a number's bits: on a graphics adapter a sort is read back, and in a
//! browser it cannot be. A draw takes one random number, not one for each token as `argmax(l + gumbel)` does.

use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, TensorMetadata, backend_extension};
use burn::prelude::*;
use burn::tensor::{DType, FloatDType};

use crate::normals::Draws;

#[cfg(feature = "gpu")]
mod cube;
#[cfg(feature = "flex")]
mod flex;
#[cfg(all(test, feature = "flex"))]
mod tests;

/// The logarithm of what is not to be drawn: half precision can still write it.
pub const NEVER: f64 = -1e4;

/// What is kept, one rule after the other.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Keep {
    /// `T`: below 1 the probable becomes more so.
    pub temperature: f64,
    /// So many of the most probable, and what is as probable as the last of them; 0 is all (Fan et al. 2018,
    /// <https://arxiv.org/abs/1805.04833>).
    pub top_k: usize,
    /// The fewest of the most probable that come to this share; 1 is all (Holtzman et al. 2020, <https://arxiv.org/abs/1904.09751>).
    pub top_p: f64,
    /// What is at least this share of the most probable; 0 is all (Nguyen et al. 2025, <https://arxiv.org/abs/2407.01082>).
    pub min_p: f64,
}

impl Default for Keep {
    fn default() -> Self {
        Self { temperature: 1.0, top_k: 0, top_p: 1.0, min_p: 0.0 }
    }
}

/// `ln p` of what is kept, and [`NEVER`] of the rest: `[rows, vocabulary]`, from logarithms of any sum.
pub fn keep(logs: Tensor<2>, keep: Keep) -> Tensor<2> {
    let dtype = logs.dtype();
    let kept = <Dispatch as TokenOps>::kept(single(logs).into_dispatch(), keep);
    Tensor::<2>::from_dispatch(kept).cast(FloatDType::from(dtype))
}

/// A token of each row, `[draws.rows, draws.features]`, from logarithms of any sum, `[draws.rows · draws.features, vocabulary]`.
pub fn draw(logs: Tensor<2>, draws: Draws) -> Tensor<2> {
    assert_eq!(
        logs.dims()[0],
        draws.rows * draws.features,
        "a row of logarithms for each token that is drawn"
    );
    let dtype = logs.dtype();
    let drawn = <Dispatch as TokenOps>::drawn(single(logs).into_dispatch(), draws);
    Tensor::<2>::from_dispatch(drawn).cast(FloatDType::from(dtype))
}

fn single(logs: Tensor<2>) -> Tensor<2> {
    if logs.dtype() == DType::F32 { logs } else { logs.cast(FloatDType::F32) }
}

/// What a backend has to offer, in single precision.
#[backend_extension(Flex: cfg(feature = "flex"), Cube: cfg(feature = "gpu"), Fusion: cfg(feature = "fusion"), Autodiff)]
pub trait TokenOps: Backend {
    /// [`keep`].
    #[fusion(dtype = logs, shape = logs)]
    fn kept(logs: FloatTensor<Self>, keep: Keep) -> FloatTensor<Self>;

    /// [`draw`].
    #[fusion(dtype = logs, shape = Shape::new([draws.rows, draws.features]))]
    fn drawn(logs: FloatTensor<Self>, draws: Draws) -> FloatTensor<Self>;
}

/// What is drawn has no gradient.
impl<B: Backend + TokenOps, C: CheckpointStrategy> TokenOps for Autodiff<B, C> {
    fn kept(logs: FloatTensor<Self>, keep: Keep) -> FloatTensor<Self> {
        use burn::backend::AutodiffBackend;
        Self::from_inner(B::kept(Self::inner(logs), keep))
    }

    fn drawn(logs: FloatTensor<Self>, draws: Draws) -> FloatTensor<Self> {
        use burn::backend::AutodiffBackend;
        Self::from_inner(B::drawn(Self::inner(logs), draws))
    }
}

/// The vocabulary, which has to have something in it.
fn width<X: TensorMetadata>(logs: &X) -> usize {
    let width = logs.shape()[1];
    assert!(width > 0, "tokens are drawn from a vocabulary that is not empty");
    width
}
