//! Pseudo multistep steps: Adams and Bashforth's mean of the last noise predictions, carried by DDIM's formula.
//!
//! ```text
//! ē = Σ_j b_j e_{i−j},   x ← α' (x − σ ē)/α + σ' ē
//! ```
//!
//! Liu et al. 2022, Eq. 11 and 12, <https://arxiv.org/abs/2202.09778>. The weights `b` are those of equal steps. The formula is exact
//! where `e` is constant; its order is that of `b` in EDM's frame and two in the others, where the mean is over time and not `σ/α`.

use burn::prelude::*;

use super::{Level, combine};

/// Hairer et al. 1993, Eq. III.1.5, newest first.
const WEIGHTS: [&[f64]; 4] = [
    &[1.0],
    &[3.0 / 2.0, -1.0 / 2.0],
    &[23.0 / 12.0, -16.0 / 12.0, 5.0 / 12.0],
    &[55.0 / 24.0, -59.0 / 24.0, 37.0 / 24.0, -9.0 / 24.0],
];

/// The step from `x`, of which `denoised` is the data and the newest of up to four predictions the noise.
///
/// `x − σ ē` is `α D + σ (e_i − ē)`: so nothing is subtracted from `x`, which at `α = 0` is all noise.
pub(super) fn step(denoised: Tensor<2>, predictions: &[Tensor<2>], from: Level, to: Level) -> Tensor<2> {
    let scale = ratio(from, to);
    let terms = WEIGHTS[predictions.len() - 1].iter().zip(predictions).enumerate().map(|(j, (weight, e))| {
        let newest = if j == 0 { from.sigma * scale } else { 0.0 };
        (newest + weight * (to.sigma - from.sigma * scale), e.clone())
    });
    combine(terms.chain([(to.alpha, denoised)]))
}

/// `Σ w_i e_i`.
pub(super) fn weighted(weights: &[f64], predictions: &[Tensor<2>]) -> Tensor<2> {
    combine(weights.iter().zip(predictions).map(|(weight, e)| (*weight, e.clone())))
}

/// `x` carried to another level along the noise `e`: `α' (x − σ e)/α + σ' e`.
pub(super) fn transfer(x: &Tensor<2>, e: &Tensor<2>, from: Level, to: Level) -> Tensor<2> {
    // Pure noise has `x = σ e`: the difference comes first.
    let data = combine([(1.0, x.clone()), (-from.sigma, e.clone())]);
    combine([(ratio(from, to), data), (to.sigma, e.clone())])
}

/// `α'/α`; pure noise has `α = 0`.
fn ratio(from: Level, to: Level) -> f64 {
    to.alpha / from.alpha.max(1e-8)
}
