//! Attention (Vaswani et al. 2017, <https://arxiv.org/abs/1706.03762>, Eq. 1), without the matrix of all scores.
//!
//! ```text
//! s_ij = a q_i · k_j + b_ij        l_i = ln Σ_j exp s_ij        o_i = Σ_j exp(s_ij − l_i) v_j
//! ```
//!
//! With the logarithms `l` alone the backward pass finds each weight again (Dao et al. 2022, FlashAttention,
//! <https://arxiv.org/abs/2205.14135>, section 3.1 and appendix B.2).

#![expect(clippy::too_many_arguments, reason = "a backend takes each tensor by itself")]

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, Dispatch, backend_extension};
use burn::prelude::*;
use burn::tensor::{DType, FloatDType};

#[cfg(feature = "gpu")]
mod cube;
#[cfg(feature = "flex")]
mod flex;
mod gradient;
mod reference;
#[cfg(all(test, feature = "flex"))]
mod tests;

/// What is looked at, and how.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// What scores are multiplied with; `1 / √d` where nobody says.
    pub scale: Option<f64>,
    /// Whether a query sees only keys up to its own place, the last query seeing all of them.
    pub causal: bool,
    /// Added to the scores: `[batch | 1, heads | 1, queries | 1, keys | 1]`.
    pub bias: Option<Tensor<4>>,
    /// Keys that nobody sees are true: `[batch, keys]`.
    pub padding: Option<Tensor<2, Bool>>,
}

/// Queries `[batch, heads, queries, d]` look at keys `[batch, h, keys, d]` and values `[batch, h, keys, w]`: `[batch, heads, queries, w]`.
///
/// `h` divides `heads`: as many heads follow one another that share keys and values (grouped queries, Ainslie et al. 2023,
/// <https://arxiv.org/abs/2305.13245>). A query that sees no key gets zeros. Half precision is computed in single.
pub fn attention(q: Tensor<4>, k: Tensor<4>, v: Tensor<4>, options: &Options) -> Tensor<4> {
    let (dtype, device) = (q.dtype(), q.device());
    let single = matches!(dtype, DType::F16 | DType::BF16);
    let wide = |x: Tensor<4>| if single { x.cast(FloatDType::F32) } else { x };
    let [q, k, v] = [q, k, v].map(wide);
    let looking = Looking {
        scale: options.scale.unwrap_or_else(|| (q.dims()[3] as f64).sqrt().recip()),
        causal: options.causal,
        padded: options.padding.is_some(),
    };
    let inner = (&device.inner(), q.dtype());
    let bias = options.bias.clone().map_or_else(|| Tensor::zeros([1; 4], inner), wide);
    let seen = match &options.padding {
        None => Tensor::ones([1; 2], inner),
        Some(padding) => 1.0 - padding.clone().float().cast(float(q.dtype())),
    };
    let [q, k, v, bias] = [q, k, v, bias].map(Tensor::into_dispatch);
    let (o, _) = <Dispatch as AttentionOps>::attend(q, k, v, bias, seen.into_dispatch(), looking);
    let o = Tensor::<4>::from_dispatch(o);
    if single { o.cast(float(dtype)) } else { o }
}

fn float(dtype: DType) -> FloatDType {
    dtype.into()
}

/// How scores are made.
#[derive(Clone, Copy, Debug)]
pub struct Looking {
    /// What products are multiplied with.
    pub scale: f64,
    /// Whether only what came before is seen.
    pub causal: bool,
    /// Whether there are keys that nobody sees.
    pub padded: bool,
}

impl Looking {
    /// Keys that query `i` of `queries` may see, counted from the first.
    fn reach(self, i: usize, queries: usize, keys: usize) -> usize {
        if self.causal { (keys + i + 1).saturating_sub(queries).min(keys) } else { keys }
    }
}

/// What a backend has to offer; the bodies here are what it means.
#[backend_extension(Flex: cfg(feature = "flex"), Cube: cfg(feature = "gpu"), Fusion: cfg(feature = "fusion"), Autodiff)]
pub trait AttentionOps: Backend {
    /// [`attention`], and the logarithms `l`, `[batch, heads, queries]`, beyond all scores where nothing is seen. `seen` is 1 or 0:
    /// `[batch | 1, keys | 1]`.
    #[fusion(meta = |q, _, v, _, _, _| {
        let (mut output, mut logarithms) = (q.clone(), q.clone());
        output.shape[3] = v.shape[3];
        logarithms.shape = Shape::new([q.shape[0], q.shape[1], q.shape[2]]);
        (output, logarithms)
    })]
    fn attend(
        q: FloatTensor<Self>,
        k: FloatTensor<Self>,
        v: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        seen: FloatTensor<Self>,
        looking: Looking,
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        reference::attention::<Self>([q, k, v, bias, seen], looking)
    }

    /// The gradients of queries, keys, values and bias, from the output, its logarithms and its gradient.
    #[fusion(meta = |q, k, v, bias, _, _, _, _, _| (q.clone(), k.clone(), v.clone(), bias.clone()))]
    fn attend_backward(
        q: FloatTensor<Self>,
        k: FloatTensor<Self>,
        v: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        seen: FloatTensor<Self>,
        output: FloatTensor<Self>,
        logarithms: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        looking: Looking,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        reference::backward::<Self>([q, k, v, bias, seen], [output, logarithms, gradient], looking)
    }
}
