//! The terms of the variational bound where the variance of a step is learnt, number by number.
//!
//! ```text
//! L_i = KL(N(μ̃, β̃) ‖ N(μ_θ, Σ)) = ½ (w + e^{−w} (1 + g (y − D)²) − 1),   w = ln Σ − ln β̃,   g = 1/σ_{i−1}² − 1/σ_i²
//! L_0 = −log N(y; D, Σ), or of the cell around y
//! ```
//!
//! Nichol and Dhariwal 2021, Eq. 4 to 7, <https://arxiv.org/abs/2102.09672>, in the frame `x/α`, where `μ̃ − μ_θ` is
//! `(1 − σ_{i−1}²/σ_i²)(y − D)`. At `w = 0` the divergence is that of a fixed variance; it is least where `e^w = 1 + g Var(y | x)`, which
//! is the variance that the reverse step truly has.

use burn::prelude::*;

use super::Cells;

/// `g`: what the step from `sigma` down to `to` adds to the signal-to-noise ratio.
pub(crate) fn gain(sigma: f64, to: f64) -> f64 {
    to.powi(-2) - sigma.powi(-2)
}

/// `L_i` in nats from `surplus = g (y − D)²` and `w`, all `[batch, features]`.
pub(crate) fn divergence(surplus: Tensor<2>, w: Tensor<2>) -> Tensor<2> {
    ((-w.clone()).exp() * (surplus + 1.0) + w - 1.0) * 0.5
}

/// `L_0` in nats: what `rows` cost where they are expected at `mean` with deviation `std`, all `[batch, features]`.
pub(crate) fn surprise(
    rows: &Tensor<2>,
    mean: Tensor<2>,
    std: Tensor<2>,
    cells: Option<&Cells>,
) -> Tensor<2> {
    if let Some(cells) = cells {
        return -cells.log_masses(rows, mean, std);
    }
    let away = (rows.clone() - mean) / std.clone();
    away.square() * 0.5 + std.log() + 0.5 * std::f64::consts::TAU.ln()
}
