//! Pseudo multistep steps: Adams and Bashforth's mean of the last noise predictions, carried by DDIM's formula.
//!
//! ```text
//! ē = Σ_j b_j e_{i−j},   x ← α' (x − σ ē)/α + σ' ē
//! ```
//!
//! Liu et al. 2022, Eq. 11 and 12, <https://arxiv.org/abs/2202.09778>. The weights `b` are those of equal steps. The formula is exact
//! where `e` is constant; its order is that of `b` in EDM's frame and two in the others, where the mean is over time and not `σ/α`.

use burn::prelude::*;

use super::Level;

/// Hairer et al. 1993, Eq. III.1.5, newest first.
const WEIGHTS: [&[f64]; 4] = [
    &[1.0],
    &[3.0 / 2.0, -1.0 / 2.0],
    &[23.0 / 12.0, -16.0 / 12.0, 5.0 / 12.0],
    &[55.0 / 24.0, -59.0 / 24.0, 37.0 / 24.0, -9.0 / 24.0],
];

/// The mean of up to four predictions, newest first.
pub(super) fn mean(predictions: &[Tensor<2>]) -> Tensor<2> {
    weighted(WEIGHTS[predictions.len() - 1], predictions)
}

/// `Σ w_i e_i`.
pub(super) fn weighted(weights: &[f64], predictions: &[Tensor<2>]) -> Tensor<2> {
    let mut terms = weights.iter().zip(predictions).map(|(weight, e)| e.clone() * *weight);
    let first = terms.next().expect("there should be a prediction");
    terms.fold(first, |sum, term| sum + term)
}

/// `x` carried to another level along the noise `e`: `α' (x − σ e)/α + σ' e`.
pub(super) fn transfer(x: &Tensor<2>, e: &Tensor<2>, from: Level, to: Level) -> Tensor<2> {
    // Pure noise has `α = 0` and `x = σ e`.
    let scale = to.alpha / from.alpha.max(1e-8);
    (x.clone() - e.clone() * from.sigma) * scale + e.clone() * to.sigma
}
