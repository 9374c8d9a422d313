//! Pseudo multistep steps: Adams and Bashforth's mean of the last noise predictions, carried by DDIM's formula.
//!
//! ```text
//! ē = Σ_j b_j e_{i−j},   x ← α' (x − σ ē)/α + σ' ē
//! ```
//!
//! Liu et al. 2022, Eq. 11 and 12, <https://arxiv.org/abs/2202.09778>. The weights `b` are those of equal steps. The formula is exact
//! where `e` is constant; its order is that of `b` in EDM's frame and two in the others, where the mean is over time and not `σ/α`.

use super::Level;

/// Hairer et al. 1993, Eq. III.1.5, newest first.
const WEIGHTS: [&[f64]; 4] = [
    &[1.0],
    &[3.0 / 2.0, -1.0 / 2.0],
    &[23.0 / 12.0, -16.0 / 12.0, 5.0 / 12.0],
    &[55.0 / 24.0, -59.0 / 24.0, 37.0 / 24.0, -9.0 / 24.0],
];

/// The weights of a step with the prediction made there and `before` ones: see [`mean`].
pub(super) fn weights(before: usize, span: [Level; 2]) -> (f64, Vec<f64>) {
    mean(WEIGHTS[before.min(WEIGHTS.len() - 1)], span)
}

/// The weights with which `x = α D + σ e_1` is carried to another level along the mean of predictions `ē = Σ w_i e_i`, beside `α'` of
/// `D`: of the first, and of the others. `α' (x − σ ē)/α + σ' ē`.
///
/// `x − σ ē` is `α D + σ (e_1 − ē)`: so nothing is subtracted from `x`, which at `α = 0` is all noise.
pub(super) fn mean(weights: &[f64], [from, to]: [Level; 2]) -> (f64, Vec<f64>) {
    // Pure noise has `α = 0`.
    let scale = to.alpha / from.alpha.max(1e-8);
    let of = |weight: &f64| weight * (to.sigma - from.sigma * scale);
    (from.sigma * scale + of(&weights[0]), weights[1..].iter().map(of).collect())
}
