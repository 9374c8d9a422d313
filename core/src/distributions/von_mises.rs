//! `exp(κ cos(x − μ))/2π I₀(κ)` on the circle, feature by feature.

use std::f64::consts::PI;

use burn::prelude::*;

use super::draws::{first_accepted, part, uniforms};
use super::special::{bessel_ratio, integral, log_bessel_i0};
use super::{Distribution, alike, spread};
use crate::random::Key;

/// Proposals for a draw: each is accepted with a probability above 0.65, so that all of them fail once in 10¹¹.
const PROPOSALS: usize = 24;

/// Independent angles, in radians.
#[derive(Clone, Debug)]
pub struct VonMises {
    /// The mean direction, `[1 | rows, features]`.
    pub direction: Tensor<2>,
    /// `κ`, `[1 | rows, features]`, above 0.
    pub concentration: Tensor<2>,
}

impl VonMises {
    /// By mean direction and concentration.
    pub fn new(direction: Tensor<2>, concentration: Tensor<2>) -> Self {
        let [direction, concentration] = alike([direction, concentration]);
        Self { direction, concentration }
    }
}

/// Draws about 0, without a gradient: Best and Fisher 1979, <https://doi.org/10.2307/2346732>.
fn proposed(k: Tensor<2>, key: Key) -> Tensor<2> {
    let [rows, features] = k.dims();
    let tau = (k.clone().square() * 4.0 + 1.0).sqrt() + 1.0;
    // (τ − √2τ)/2κ, which is no difference of like numbers in this form.
    let rho = k.clone() * 2.0 / (tau.clone() + (tau * 2.0).sqrt());
    // r − 1, and below 1 − f: the angles are small where κ is large.
    let over = (-rho.clone() + 1.0).square() / (rho * 2.0);
    let draws = [0, 1].map(|i| uniforms(part(key, i), [rows, PROPOSALS * features], &k));
    let proposals = (0..PROPOSALS).map(|i| {
        let [angle, level] = [0, 1].map(|j: usize| draws[j].clone().narrow(1, i * features, features));
        let z = (angle * PI).cos();
        let gap = over.clone() * (-z.clone() + 1.0) / (over.clone() + 1.0 + z);
        let c = k.clone() * (over.clone() + gap.clone());
        let accepted = (c.clone() / level).log().greater_equal(c - 1.0);
        (gap, accepted)
    });
    let gap = first_accepted(proposals, k.zeros_like());
    let side = uniforms(part(key, 2), [rows, features], &k) - 0.5;
    (gap * 0.5).sqrt().clamp_max(1.0).asin() * 2.0 * side.sign()
}

/// `∂x/∂κ` at the same probability, of draws about 0.
///
/// ```text
/// ∂x/∂κ = −∫₀^x e^{κ (cos t − cos x)} (cos t − A(κ)) dt = ∫_x^π ...,   A = I₁/I₀
/// ```
///
/// The side is taken on which the exponent does not grow.
fn slope(k: Tensor<2>, x: Tensor<2>) -> Tensor<2> {
    let dims = x.dims();
    let column = |x: Tensor<2>| x.flatten::<1>(0, 1).unsqueeze_dim::<2>(1);
    let (k, x) = (column(k), column(x));
    let angle = x.clone().abs();
    let (cosine, ratio) = (angle.clone().cos(), bessel_ratio(k.clone()));
    let inner = cosine.clone().greater(ratio.clone());
    let (start, end) = (angle.clone(), (-angle + PI).mask_where(inner.clone(), x.clone().abs()));
    let sense = end.ones_like().mask_where(inner, -end.ones_like());
    let area = integral(end, |s| {
        let cos = (start + s * sense.clone()).cos();
        // At the inner side the exponent is positive, but small: no more than 1/2 or so where the cosine is above its mean.
        ((cos.clone() - cosine) * k).exp() * (cos - ratio)
    });
    (area * sense * x.sign()).reshape(dims)
}

impl Distribution for VonMises {
    fn rows(&self) -> usize {
        self.direction.dims()[0]
    }
    fn features(&self) -> usize {
        self.direction.dims()[1]
    }
    /// Within `π` of the mean direction.
    fn sample(&self, key: Key, rows: usize) -> Tensor<2> {
        let k = spread(self.concentration.clone(), rows);
        let fixed = k.clone().detach();
        let x = proposed(fixed.clone(), key);
        self.direction.clone() + x.clone() + (k - fixed.clone()) * slope(fixed, x)
    }
    fn log_prob(&self, x: Tensor<2>) -> Tensor<2> {
        let k = self.concentration.clone();
        k.clone() * (x - self.direction.clone()).cos() - log_bessel_i0(k) - (2.0 * PI).ln()
    }
    /// The mean direction.
    fn mean(&self) -> Option<Tensor<2>> {
        Some(self.direction.clone())
    }
    /// The circular variance, `1 − E cos(x − μ)`.
    fn variance(&self) -> Option<Tensor<2>> {
        Some(1.0 - bessel_ratio(self.concentration.clone()))
    }
    fn entropy(&self) -> Option<Tensor<2>> {
        let k = self.concentration.clone();
        Some(log_bessel_i0(k.clone()) + (2.0 * PI).ln() - k.clone() * bessel_ratio(k))
    }
}
