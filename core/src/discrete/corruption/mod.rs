//! Corruption: where tokens go as time passes, as a Markov chain on each token by itself.
//!
//! ```text
//! Q(α) = α I + (1 − α) 1 πᵀ,   Q(α) Q(β) = Q(αβ),   q(x_t|x_0) = Q(α_t)[x_0, x_t]
//! ```
//!
//! Austin et al. 2021, section 3.1 and Appendix A, <https://arxiv.org/abs/2107.03006>. With probability `α` a token stays, else it is drawn from
//! `π`: all tokens alike (`uniform`), or the mask (`absorbing`). The step back from `t` to `s < t` is Bayes' rule over the network's
//! idea of `x_0`,
//!
//! ```text
//! p(x_s|x_t) = Σ_{x_0} q(x_s|x_t, x_0) p(x_0|x_t),   q(x_s|x_t, x_0) = q(x_t|x_s) q(x_s|x_0) / q(x_t|x_0)
//! ```
//!
//! D3PM's Eq. 4 has `q(x_s, x_t|x_0)` in the place of `q(x_s|x_t, x_0)`: what a token shows of itself is multiplied in. Here it is multiplied
//! in before, `p(x_0|x_t) ∝ q(x_t|x_0) softmax(network)`, which comes to the same, and makes of `p(x_0|x_t)` a posterior of which cross
//! entropy and variational bound have the same minimum.

mod uniform;
mod absorbing;

use burn::prelude::*;

use super::span::Span;
use crate::decoding::NEVER;

/// What noise does to a token.
pub trait Corruption {
    /// `π` over the states: a token's probability in the end.
    fn rest(&self, vocabulary: usize) -> Vec<f64>;

    /// The state that stands for no token, if there is one; it is the last.
    fn mask(&self, _vocabulary: usize) -> Option<usize> {
        None
    }

    /// Tokens drawn from `π` with uniform numbers of `[0, 1)`, both `[batch, length]`.
    fn draw(&self, uniform: Tensor<2>, vocabulary: usize) -> Tensor<2>;

    /// `ln p(x_s|x_t)`, `[batch, length, states]`, given `ln p(x_0|x_t)`, `[batch, length, vocabulary]`, and `x_t`, `[batch, length]`.
    fn reverse(&self, log_x0: Tensor<3>, x_t: &Tensor<2>, span: &Span) -> Tensor<3>;

    /// `ln q(x_t|x_0 = k)` up to a constant, for one `α_t` or one a row, beside `like` of `[batch, length, vocabulary]`; `None` where a token
    /// shows nothing of itself, or all.
    fn evidence(&self, _x_t: &Tensor<2>, _alphas: &[f64], _like: &Tensor<3>) -> Option<Tensor<3>> {
        None
    }

    /// How many values a token takes on its way.
    fn states(&self, vocabulary: usize) -> usize {
        self.rest(vocabulary).len()
    }

    /// `Q(α)`, row by row: what all else here means.
    fn transition(&self, alpha: f64, vocabulary: usize) -> Vec<Vec<f64>> {
        let rest = self.rest(vocabulary);
        let entry = |i: usize, j: usize| (1.0 - alpha) * rest[j] + if i == j { alpha } else { 0.0 };
        (0..rest.len()).map(|i| (0..rest.len()).map(|j| entry(i, j)).collect()).collect()
    }
}

registry! {
    /// The corruptions that a configuration can name.
    pub enum CorruptionConfig("corruption"): dyn Corruption {
        "absorbing" => absorbing::Absorbing,
        "uniform" => uniform::Uniform,
    }
}

/// Where token `x`, `[batch, length]`, is the `k`-th of `n`: `[batch, length, n]`.
pub fn places(x: &Tensor<2>, n: usize) -> Tensor<3, Bool> {
    let [batch, length] = x.dims();
    let all: Vec<f64> = (0..n).map(|k| k as f64).collect();
    let all = Tensor::<3>::from_data(TensorData::new(all, [1, 1, n]), (&x.device(), x.dtype()));
    x.clone().unsqueeze_dim::<3>(2).expand([batch, length, n]).equal(all.expand([batch, length, n]))
}

/// `ln` of a certain token: 0 for it, next to nothing for the others, `[batch, length, n]`.
pub fn certain(x: &Tensor<2>, n: usize, like: &Tensor<3>) -> Tensor<3> {
    let [batch, length] = x.dims();
    let never = Tensor::<3>::full([batch, length, n], NEVER, (&like.device(), like.dtype()));
    never.mask_fill(places(x, n), 0.0)
}
