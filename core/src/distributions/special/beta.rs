//! The beta function.

use burn::prelude::*;

use super::gamma::column;
use super::{exp_m1, integral, log_gamma};

/// `ln B(a, b) = ln Γ(a) + ln Γ(b) − ln Γ(a + b)`.
pub fn log_beta<const D: usize>(a: Tensor<D>, b: Tensor<D>) -> Tensor<D> {
    log_gamma(a.clone()) + log_gamma(b.clone()) - log_gamma(a + b)
}

/// The probability that a beta variable lies below `x`: the regularised incomplete beta function `I_x(a, b)`, for `x` within 0 and 1, all of one
/// shape. Gradients pass to all.
///
/// ```text
/// I_x(a, b) = x^a (1 − x)^b / B(a, b) ∫₀^∞ e^{−a s} (1 − x (1 − e^{−s}))^{−a − b} ds
/// ```
///
/// That is the integral over odds; it is taken on the less probable side, as `I_x(a, b) = 1 − I_{1−x}(b, a)`.
pub fn beta_cdf<const D: usize>(a: Tensor<D>, b: Tensor<D>, x: Tensor<D>) -> Tensor<D> {
    let dims = x.dims();
    let (a, b, x) = (column(a), column(b), column(x));
    let sum = a.clone() + b.clone();
    let above = x.clone().greater(a.clone() / sum.clone());
    let either = |from: &Tensor<2>, to: &Tensor<2>| from.clone().mask_where(above.clone(), to.clone());
    let (power, other) = (either(&a, &b), either(&b, &a));
    let (point, rest) = (either(&x, &(1.0 - x.clone())), either(&(1.0 - x.clone()), &x));
    // Where the integrand has fallen below e⁻³⁵.
    let bound = (35.0 - sum.clone() * rest.clone().log()) / power.clone();
    let area = integral(bound, |s| {
        let w = s.neg();
        (power.clone() * w.clone() - sum * (point.clone() * exp_m1(w)).log1p()).exp()
    });
    let weight = power * point.log() + other * rest.log() - log_beta(a, b);
    let share = weight.exp() * area;
    share.clone().mask_where(above, 1.0 - share).reshape(dims)
}
