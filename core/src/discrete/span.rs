//! A stretch of time, from `t` back to `s`, by what is left of tokens at both: coefficients in double precision.

use burn::prelude::*;

use crate::decoding::NEVER;
use crate::nn::column;

/// `α_t` and `α_s`, `s < t`: one pair for the batch, or one a row.
#[derive(Clone, Debug)]
pub struct Span {
    /// `α_t`, where the walk back begins.
    pub from: Vec<f64>,
    /// `α_s`, where it ends.
    pub to: Vec<f64>,
}

impl Span {
    /// `ln f(α_t, α_s)`, `[1 or batch, 1, 1]`, of the device and precision of `like`.
    pub fn log(&self, like: &Tensor<3>, f: &dyn Fn(f64, f64) -> f64) -> Tensor<3> {
        column(self.from.iter().zip(&self.to).map(|(t, s)| ln(f(*t, *s))), like)
    }
}

/// `ln`, of nothing too.
fn ln(p: f64) -> f64 {
    if p > 0.0 { libm::log(p).max(NEVER) } else { NEVER }
}
