//! Pseudo multistep steps: Adams and Bashforth's mean of the last noise predictions, carried by DDIM's formula.
//!
//! ```text
//! ē = Σ_j b_j e_{i−j},   x ← α' (x − σ ē)/α + σ' ē
//! ```
//!
//! Liu et al. 2022, Eq. 11 and 12, <https://arxiv.org/abs/2202.09778>. The weights `b` are those of equal steps. The formula is exact
//! where `e` is constant; its order is that of `b` in EDM's frame and two in the others, where the mean is over time and not `σ/α`.

use burn::prelude::*;
use kiln_kernels::combine::Term;

use super::Level;

/// Hairer et al. 1993, Eq. III.1.5, newest first.
const WEIGHTS: [&[f64]; 4] = [
    &[1.0],
    &[3.0 / 2.0, -1.0 / 2.0],
    &[23.0 / 12.0, -16.0 / 12.0, 5.0 / 12.0],
    &[55.0 / 24.0, -59.0 / 24.0, 37.0 / 24.0, -9.0 / 24.0],
];

/// The step from `x`, of which `denoised` is the data and the newest of up to four predictions the noise: the terms of a sum.
pub(super) fn step(denoised: Tensor<2>, predictions: &[Tensor<2>], from: Level, to: Level) -> Vec<Term> {
    carry(denoised, WEIGHTS[predictions.len() - 1], predictions, [from, to])
}

/// `x = α D + σ e_1` carried to another level along the mean of predictions `ē = Σ w_i e_i`: `α' (x − σ ē)/α + σ' ē`.
///
/// `x − σ ē` is `α D + σ (e_1 − ē)`: so nothing is subtracted from `x`, which at `α = 0` is all noise.
pub(super) fn carry(
    denoised: Tensor<2>,
    weights: &[f64],
    predictions: &[Tensor<2>],
    [from, to]: [Level; 2],
) -> Vec<Term> {
    let scale = ratio(from, to);
    let terms = weights.iter().zip(predictions).enumerate().map(|(j, (weight, e))| {
        let newest = if j == 0 { from.sigma * scale } else { 0.0 };
        (newest + weight * (to.sigma - from.sigma * scale), e.clone())
    });
    terms.chain([(to.alpha, denoised)]).collect()
}

/// `α'/α`; pure noise has `α = 0`.
fn ratio(from: Level, to: Level) -> f64 {
    to.alpha / from.alpha.max(1e-8)
}
