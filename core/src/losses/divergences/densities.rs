//! Divergences between distributions that have a density, estimated from draws; part by part, `[1 | rows, parts]`. The divergence of Kullback and
//! Leibler itself is [`crate::distributions::kl_monte_carlo`].
//!
//! Gradients pass to both, as far as draws are pathwise.

use std::f64::consts::LN_2;

use burn::prelude::*;

use crate::distributions::special::log_sum_exp;
use crate::distributions::{Distribution, kl_monte_carlo, monte_carlo};
use crate::nn::over;
use crate::random::Key;

/// `KL(q ‖ p)` of the model `p` and data `q`, the other way round: it looks for a mode of `q` rather than for all of them. Without bias.
pub fn reverse_kl(p: &dyn Distribution, q: &dyn Distribution, key: Key, draws: usize) -> Tensor<2> {
    kl_monte_carlo(q, p, key, draws)
}

/// `½ KL(p ‖ m) + ½ KL(q ‖ m)` with `m = (p + q)/2`: from 0 to `ln 2`, the same either way round. Without bias. Draws of both are as many.
///
/// Lin 1991, <https://doi.org/10.1109/18.61115>.
pub fn jensen_shannon(p: &dyn Distribution, q: &dyn Distribution, key: Key, draws: usize) -> Tensor<2> {
    let rows = p.rows().max(q.rows());
    let half = |from: &dyn Distribution, other: &dyn Distribution, key: Key| {
        monte_carlo(from, rows, key, draws, |x| {
            let (own, other) = (from.log_prob(x.clone()), other.log_prob(x));
            own.clone() - either(own, other) + LN_2
        })
    };
    // Draws of their own: those of the same noise would not be independent.
    let next = Key { seed: key.seed.wrapping_add(1), ..key };
    (half(p, q, key) + half(q, p, next)) * 0.5
}

/// `ln(e^a + e^b)`.
fn either(a: Tensor<2>, b: Tensor<2>) -> Tensor<2> {
    let both = Tensor::cat(vec![a.unsqueeze_dim::<3>(2), b.unsqueeze_dim::<3>(2)], 2);
    log_sum_exp(both, 2).squeeze_dim(2)
}

/// `D_α(p ‖ q) = ln E_p [(p/q)^{α−1}]/(α − 1)`, of `α` above 0 other than 1: at 1 it would be the divergence of Kullback and Leibler.
///
/// Rényi 1961, <https://projecteuclid.org/euclid.bsmsp/1200512181>; van Erven and Harremoës 2014, <https://arxiv.org/abs/1206.2459>. The logarithm of a mean
/// is too low, the less the more draws there are.
pub fn renyi(p: &dyn Distribution, q: &dyn Distribution, alpha: f64, key: Key, draws: usize) -> Tensor<2> {
    assert!(alpha > 0.0 && alpha != 1.0, "an order above 0 other than 1, not {alpha}");
    let power = |x: Tensor<2>| ((p.log_prob(x.clone()) - q.log_prob(x)) * (alpha - 1.0)).exp();
    over(monte_carlo(p, p.rows().max(q.rows()), key, draws, power).log(), alpha - 1.0)
}
