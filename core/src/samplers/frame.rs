//! The frame `x/α`, in which the noise has the level `σ/α` (`σ` here) and every schedule is EDM's.
//!
//! ```text
//! dx/dσ = (x − D(x; σ))/σ
//! ```
//!
//! Karras et al. 2022, Eq. 3 and section 4, <https://arxiv.org/abs/2206.00364>. Samplers that were written for variance-exploding
//! models step in it, under whichever schedule they are asked to walk.

use burn::prelude::*;

use super::{Level, Walk};

/// `x/α`.
pub(super) fn enter(x: Tensor<2>, at: Level) -> Tensor<2> {
    if at.alpha == 1.0 { x } else { x / at.alpha }
}

/// `α x`.
pub(super) fn leave(x: Tensor<2>, at: Level) -> Tensor<2> {
    if at.alpha == 1.0 { x } else { x * at.alpha }
}

/// `D(x; σ)`.
pub(super) fn denoise(walk: &Walk, x: &Tensor<2>, sigma: f64) -> Tensor<2> {
    walk.denoise(x, Level { t: sigma, alpha: 1.0, sigma })
}

/// `(x − D(x; σ))/σ`.
pub(super) fn slope(walk: &Walk, x: &Tensor<2>, sigma: f64) -> Tensor<2> {
    (x.clone() - denoise(walk, x, sigma)) / sigma
}

/// Euler's step from one level to another.
pub(super) fn euler(walk: &Walk, x: Tensor<2>, from: f64, to: f64) -> Tensor<2> {
    let d = slope(walk, &x, from);
    x + d * (to - from)
}

/// Heun's step; Euler's where it leads into data.
pub(super) fn heun(walk: &Walk, x: Tensor<2>, from: f64, to: f64) -> Tensor<2> {
    let d = slope(walk, &x, from);
    let x_euler = x.clone() + d.clone() * (to - from);
    if to == 0.0 {
        return x_euler;
    }
    let d_prime = slope(walk, &x_euler, to);
    x + (d + d_prime) * ((to - from) / 2.0)
}

/// The step of DPM-Solver-2 as k-diffusion has it: the whole way with the slope at the geometric mean of the levels.
pub(super) fn dpm2(walk: &Walk, x: Tensor<2>, from: f64, to: f64) -> Tensor<2> {
    let d = slope(walk, &x, from);
    if to == 0.0 {
        return x + d * (to - from);
    }
    let mid = (from * to).sqrt();
    let x_mid = x.clone() + d * (mid - from);
    let d_mid = slope(walk, &x_mid, mid);
    x + d_mid * (to - from)
}

/// An ancestral step's two parts: the level to walk down to, and the noise that leads back up to `to`.
///
/// ```text
/// σ_up = min(σ', η sqrt(σ'² (σ² − σ'²)/σ²)),  σ_down = sqrt(σ'² − σ_up²)
/// ```
pub(super) fn ancestral(from: f64, to: f64, eta: f64) -> (f64, f64) {
    let up = to.min(eta * to * (1.0 - (to / from).powi(2)).sqrt());
    ((to * to - up * up).sqrt(), up)
}
