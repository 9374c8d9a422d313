//! Explicit Runge-Kutta steps, from a table of numbers.
//!
//! ```text
//! k_i = f(t + c_i h, x + h Σ_j a_ij k_j),   x ← x + h Σ_i b_i k_i
//! ```
//!
//! Hairer, Nørsett and Wanner 1993, Eq. II.1.8, <https://doi.org/10.1007/978-3-540-78862-1>; `f` is the ODE in the schedule's time.

use burn::prelude::*;

use super::{Level, Walk};

/// The numbers of a method. `a` and `c` begin with the second stage.
pub(crate) struct Tableau {
    pub(crate) a: &'static [&'static [f64]],
    pub(crate) b: &'static [f64],
    pub(crate) c: &'static [f64],
}

/// Takes the step. Into data it is Euler's where a stage would stand on data, where the slope is not defined.
pub(super) fn step(walk: &Walk, x: &Tensor<2>, from: Level, to: Level, table: &Tableau) -> Tensor<2> {
    let h = to.t - from.t;
    let mut k = vec![walk.slope(x, from)];
    if to.sigma == 0.0 && table.c.contains(&1.0) {
        return combine(x, h, &[1.0], &k);
    }
    for (a, c) in table.a.iter().zip(table.c) {
        let stage = combine(x, h, a, &k);
        k.push(walk.slope(&stage, walk.at(from.t + c * h)));
    }
    combine(x, h, table.b, &k)
}

/// `x + h Σ w_i k_i`.
pub(super) fn combine(x: &Tensor<2>, h: f64, weights: &[f64], k: &[Tensor<2>]) -> Tensor<2> {
    let slopes = weights.iter().zip(k).map(|(weight, k)| (h * weight, k.clone()));
    super::combine::combine([(1.0, x.clone())].into_iter().chain(slopes))
}
