//! Modified Bessel functions of the first kind, as circular distributions need them.

use std::f64::consts::PI;

use burn::prelude::*;

use super::horner;

/// From here on the asymptotic series holds.
const EDGE: f64 = 15.0;

/// `ln I₀(x)` for `x` from 0 on.
///
/// The series about 0 and that about infinity: Abramowitz and Stegun 1964, 9.6.10 and 9.7.1.
pub fn log_bessel_i0<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    let far = x.clone().greater_elem(EDGE);
    let large = x.clone().clamp_min(EDGE);
    let asymptotic = large.clone() - (large.clone() * (2.0 * PI)).log() * 0.5 + beyond(large, 0.0).log();
    about_zero(x.clamp_max(EDGE), 0.0).log().mask_where(far, asymptotic)
}

/// `I₁(x)/I₀(x)`, the derivative of `ln I₀`: the mean length of a von Mises variable's direction.
pub fn bessel_ratio<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    let far = x.clone().greater_elem(EDGE);
    let large = x.clone().clamp_min(EDGE);
    let asymptotic = beyond(large.clone(), 1.0) / beyond(large, 0.0);
    let small = x.clamp_max(EDGE);
    let near = small.clone() * 0.5 * about_zero(small.clone(), 1.0) / about_zero(small, 0.0);
    near.mask_where(far, asymptotic)
}

/// `Σ (x²/4)^k / (k! (k + order)!)` for order 0 or 1.
fn about_zero<const D: usize>(x: Tensor<D>, order: f64) -> Tensor<D> {
    let next = |term: &mut f64, k: u32| {
        *term /= f64::from(k) * (f64::from(k) + order);
        Some(*term)
    };
    let mut terms = vec![1.0];
    terms.extend((1..=32).scan(1.0, next));
    terms.reverse();
    horner(&(x.square() * 0.25), &terms)
}

/// `1 − (μ − 1)/8x + (μ − 1)(μ − 9)/2!(8x)² − ...` with `μ = 4 order²`.
fn beyond<const D: usize>(x: Tensor<D>, order: f64) -> Tensor<D> {
    let next = |term: &mut f64, k: u32| {
        let odd = f64::from(2 * k - 1);
        *term *= (odd * odd - 4.0 * order * order) / (8.0 * f64::from(k));
        Some(*term)
    };
    let mut terms = vec![1.0];
    terms.extend((1..=16).scan(1.0, next));
    terms.reverse();
    horner(&x.recip(), &terms)
}
