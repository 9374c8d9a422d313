//! The frame `x/α`, in which the noise has the level `σ/α` (`σ` here) and every schedule is EDM's.
//!
//! ```text
//! dx/dσ = (x − D(x; σ))/σ
//! ```
//!
//! Karras et al. 2022, Eq. 3 and section 4, <https://arxiv.org/abs/2206.00364>. Samplers that were written for variance-exploding
//! models step in it, under whichever schedule they are asked to walk.

use super::{Level, Term, Vector, Walk, combine};

/// The level at which the ratio is `sigma`, where `x` is `α` times what it is in the frame: it need not be the schedule's.
pub(super) fn level(alpha: f64, sigma: f64) -> Level {
    Level { t: sigma, alpha, sigma: alpha * sigma }
}

/// `x/α`.
pub(super) fn enter(x: Vector, at: Level) -> Vector {
    Vector::sum([(1.0 / at.alpha, x)])
}

/// `α x`.
pub(super) fn leave(x: Vector, at: Level) -> Vector {
    Vector::sum([(at.alpha, x)])
}

/// `(x − D(x; σ))/σ`, in the frame.
pub(super) fn slope(walk: &Walk, x: &Vector, sigma: f64) -> Vector {
    walk.epsilon(x.clone(), walk.denoise(x, level(1.0, sigma)), level(1.0, sigma))
}

/// Euler's step from one level to another, whatever their `α`: `x' = (σ'/σ) x + (α' − α σ'/σ) D`. The terms of a sum.
pub(super) fn euler(x: Vector, denoised: Vector, from: Level, to: Level) -> [Term; 2] {
    let [of_x, of_data] = euler_weights(from, to);
    [(of_x, x), (of_data, denoised)]
}

fn euler_weights(from: Level, to: Level) -> [f64; 2] {
    let share = to.sigma / from.sigma;
    [share, to.alpha - from.alpha * share]
}

/// Heun's step; Euler's where it leads into data.
pub(super) fn heun(walk: &Walk, x: Vector, from: Level, to: Level) -> Vector {
    let denoised = walk.denoise(&x, from);
    if to.sigma == 0.0 {
        return combine(euler(x, denoised, from, to));
    }
    let [of_x, of_data] = euler_weights(from, to);
    let x_euler = Vector::sum([(of_x, x.clone()), (of_data, denoised.clone())]);
    let denoised_prime = walk.denoise(&x_euler, to);
    // x + h/2 ((x − D)/σ + (x' − D')/σ') in the frame, times α', in which x' is what it was made of
    let half = (to.ratio() - from.ratio()) / 2.0;
    let (first, second) = (half / from.ratio(), half / to.ratio());
    combine([
        (to.alpha / from.alpha * (1.0 + first) + second * of_x, x),
        (second * of_data - to.alpha * first, denoised),
        (-to.alpha * second, denoised_prime),
    ])
}

/// The step of DPM-Solver-2 as k-diffusion has it: the whole way with the slope at the geometric mean of the levels. The terms of a
/// sum.
pub(super) fn dpm2(walk: &Walk, x: Vector, from: Level, to: Level) -> Vec<Term> {
    let denoised = walk.denoise(&x, from);
    if to.sigma == 0.0 {
        return euler(x, denoised, from, to).into();
    }
    let mid = level(from.alpha, (from.ratio() * to.ratio()).sqrt());
    let [of_x, of_data] = euler_weights(from, mid);
    let x_mid = Vector::sum([(of_x, x.clone()), (of_data, denoised.clone())]);
    let denoised_mid = walk.denoise(&x_mid, mid);
    // x + h (x_m − D_m)/σ_m in the frame, times α', in which x_m is what it was made of
    let (scale, slope) = (to.alpha / from.alpha, (to.ratio() - from.ratio()) / mid.ratio());
    vec![
        (scale * (1.0 + slope * of_x), x),
        (scale * slope * of_data, denoised),
        (-to.alpha * slope, denoised_mid),
    ]
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
