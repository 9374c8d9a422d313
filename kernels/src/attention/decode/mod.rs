//! Attention of a few new queries to all that came before: how autoregressive models draw token after token.
//!
//! ```text
//! o_i = Σ_j exp(a q_i · k_j − l_i) v_j,    j up to the place of i,    l_i = ln Σ_j exp(a q_i · k_j)
//! ```
//!
//! Keys and values are kept, not computed again with each token (Shazeer 2019, <https://arxiv.org/abs/1911.02150>, section 2.4). Nothing
//! here has a gradient.

use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, backend_extension};
use burn::prelude::*;
use burn::tensor::Slice;

use super::{Looking, attention, float, half, reference, scale, seen};

mod cache;
#[cfg(feature = "gpu")]
mod cube;
#[cfg(feature = "flex")]
mod flex;
#[cfg(all(test, feature = "flex"))]
mod tests;

pub use cache::Cache;

/// More queries than these are looked up as [`attention`] does: there is enough of them to share what is read.
const FEW: usize = 16;

/// How the cache is looked at.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// What scores are multiplied with; `1 / √d` where nobody says.
    pub scale: Option<f64>,
    /// Keys that nobody sees are true: `[batch, cache.len()]`.
    pub padding: Option<Tensor<2, Bool>>,
}

/// Queries `[batch, heads, new, d]`, whose keys are the cache's last, look at all keys up to their own: `[batch, heads, new, d]`.
///
/// The cache's heads divide `heads`, as in [`attention`]. A query that sees no key gets zeros.
pub fn decode(q: Tensor<4>, cache: &Cache, options: &Options) -> Tensor<4> {
    let [_, heads, queries, _] = q.dims();
    let [_, few, ..] = cache.keys().dims();
    assert!(heads.is_multiple_of(few), "{few} heads of keys do not divide {heads} of queries");
    assert!(queries <= cache.len(), "{queries} queries, and only {} keys", cache.len());
    if queries > FEW || half(q.dtype()) {
        let [k, v] = cache.entries();
        let Options { scale, padding } = options.clone();
        return attention(q, k, v, &super::Options { scale, padding, causal: true, bias: None });
    }
    let looking =
        Looking { scale: scale(&q, options.scale), causal: true, padded: options.padding.is_some() };
    let seen = seen(&q, options.padding.as_ref());
    let [q, k, v] = [q, cache.keys().clone(), cache.values().clone()].map(Tensor::into_dispatch);
    let o = <Dispatch as DecodeOps>::decoded(q, k, v, seen.into_dispatch(), looking, cache.len());
    Tensor::from_dispatch(o)
}

/// What a backend has to offer; the body here is what it means.
#[backend_extension(Flex: cfg(feature = "flex"), Cube: cfg(feature = "gpu"), Fusion: cfg(feature = "fusion"), Autodiff)]
pub trait DecodeOps: Backend {
    /// [`decode`] with the first `length` of keys and values, `[batch, h, capacity, d]`. `seen` is 1 or 0: `[batch | 1, length | 1]`.
    #[fusion(dtype = q, shape = Shape::new([q[0], q[1], q[2], v[3]]))]
    fn decoded(
        q: FloatTensor<Self>,
        k: FloatTensor<Self>,
        v: FloatTensor<Self>,
        seen: FloatTensor<Self>,
        looking: Looking,
        length: usize,
    ) -> FloatTensor<Self> {
        plain::<Self>([q, k, v, seen], looking, length)
    }
}

/// What is kept, without the room behind it, in plain operations.
fn plain<B: Backend>(
    [q, k, v, seen]: [FloatTensor<B>; 4],
    looking: Looking,
    length: usize,
) -> FloatTensor<B> {
    use burn::backend::TensorMetadata;

    let kept = [Slice::full(), Slice::full(), Slice::new(0, Some(length as isize), 1)];
    let [k, v] = [k, v].map(|x| B::float_slice(x, &kept));
    let bias = B::float_zeros(Shape::new([1; 4]), &q.device(), float(q.dtype()));
    reference::attention::<B>([q, k, v, bias, seen], looking).0
}

/// What is drawn has no gradient.
impl<B: Backend + DecodeOps, C: CheckpointStrategy> DecodeOps for Autodiff<B, C> {
    fn decoded(
        q: FloatTensor<Self>,
        k: FloatTensor<Self>,
        v: FloatTensor<Self>,
        seen: FloatTensor<Self>,
        looking: Looking,
        length: usize,
    ) -> FloatTensor<Self> {
        use burn::backend::AutodiffBackend;
        let [q, k, v, seen] = [q, k, v, seen].map(Self::inner);
        Self::from_inner(B::decoded(q, k, v, seen, looking, length))
    }
}
