//! The gamma function's logarithm and what follows from it.

use std::f64::consts::PI;

use burn::prelude::*;

use super::{exp_m1, horner, integral};

/// From here on Stirling's series holds.
const EDGE: f64 = 8.0;

/// `(−1)^k (ζ(k) − 1)/k` for `k` from 27 down to 2, then `1 − γ` and 0: `ln Γ(2 + z)` as a series of `z`.
///
/// `mpmath.mp.dps = 30; [float((-1)**k * (mpmath.zeta(k) - 1) / k) for k in range(27, 1, -1)]`
const ABOUT_TWO: [f64; 28] = [
    -2.759_522_885_124_233_4e-10,
    5.731_367_241_678_862e-10,
    -1.192_140_140_586_091_2e-9,
    2.483_674_543_802_478_5e-9,
    -5.183_475_041_970_047e-9,
    1.083_865_921_489_695_5e-8,
    -2.271_109_460_894_316_4e-8,
    4.769_810_169_363_98e-8,
    -1.004_322_482_396_809_9e-7,
    2.120_718_480_555_466_5e-7,
    -4.492_469_198_764_566e-7,
    9.551_412_130_407_42e-7,
    -2.039_215_753_801_366e-6,
    4.374_866_789_907_488e-6,
    -9.439_488_275_268_397e-6,
    2.050_721_277_567_069e-5,
    -4.492_623_673_813_314e-5,
    9.945_751_278_180_853e-5,
    -0.000_223_154_758_453_579_39,
    0.000_509_669_524_743_042_5,
    -0.001_192_753_911_703_261,
    0.002_890_510_330_741_523_4,
    -0.007_385_551_028_673_986,
    0.020_580_808_427_784_546,
    -0.067_352_301_053_198_1,
    0.322_467_033_424_113_2,
    0.422_784_335_098_467_1,
    0.0,
];

/// `ln Γ(x)` for `x` above 0.
///
/// Below 8 the argument is moved to `[1.5, 2.5]`, where a series about 2 keeps the digits near the zeros at 1 and 2; above, Stirling's series:
/// Abramowitz and Stegun 1964, 6.1.33 and 6.1.41.
pub fn log_gamma<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    let far = x.clone().greater_elem(EDGE);
    let large = x.clone().clamp_min(EDGE);
    let stirling = (large.clone() - 0.5) * large.clone().log() - large.clone()
        + 0.5 * (2.0 * PI).ln()
        + stirling_rest(large);
    near_gamma(x.clamp_max(EDGE)).mask_where(far, stirling)
}

/// `1/12x − 1/360x³ + ...`: what Stirling's formula lacks, from [`EDGE`] on.
fn stirling_rest<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    let terms = [
        1.0 / 156.0,
        -691.0 / 360_360.0,
        1.0 / 1188.0,
        -1.0 / 1680.0,
        1.0 / 1260.0,
        -1.0 / 360.0,
        1.0 / 12.0,
    ];
    let y = x.recip();
    horner(&y.clone().square(), &terms) * y
}

/// The same for `x` up to [`EDGE`].
fn near_gamma<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    let one = x.ones_like();
    let (mut x, mut over, mut under) = (x, one.clone(), one.clone());
    for _ in 0..2 {
        let low = x.clone().lower_elem(1.5);
        under = under * one.clone().mask_where(low.clone(), x.clone());
        x = x.clone().mask_where(low, x + 1.0);
    }
    for _ in 0..6 {
        let high = x.clone().greater_elem(2.5);
        x = x.clone().mask_where(high.clone(), x - 1.0);
        over = over * one.clone().mask_where(high, x.clone());
    }
    // Two logarithms: that of the quotient would lose the digits near 1.
    horner(&(x - 2.0), &ABOUT_TWO) + over.log() - under.log()
}

/// `ψ(x) = d ln Γ(x)/dx` for `x` above 0.
///
/// Moved up by 8, where the asymptotic series holds: Abramowitz and Stegun 1964, 6.3.6 and 6.3.18.
pub fn digamma<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    let terms =
        [-1.0 / 12.0, 691.0 / 32_760.0, -1.0 / 132.0, 1.0 / 240.0, -1.0 / 252.0, 1.0 / 120.0, -1.0 / 12.0];
    let moved = x.clone() + EDGE;
    let y = moved.clone().recip();
    let square = y.clone().square();
    let far = moved.log() - y * 0.5 + horner(&square, &terms) * square;
    (0..8).fold(far, |sum, i| sum - (x.clone() + f64::from(i)).recip())
}

/// The probability that a gamma variable of rate 1 lies below `x`: the regularised lower incomplete gamma function `P(a, x)`, for `a` and `x`
/// of one shape, above 0. Gradients pass to both.
pub fn gamma_cdf<const D: usize>(a: Tensor<D>, x: Tensor<D>) -> Tensor<D> {
    let dims = x.dims();
    let (a, x) = (column(a), column(x));
    let tail = Tail::of(&a, &x);
    let share = log_weight(a.clone(), x.clone()).exp() * tail.integral(&a, &x, |e, _| e);
    let below = share.clone().mask_where(tail.above, 1.0 - share);
    below.reshape(dims)
}

/// `∂z/∂a` of a gamma variable `z` of rate 1 at the same probability, by implicit differentiation: without a gradient of its own.
///
/// ```text
/// ∂z/∂a = −(∂P(a, z)/∂a)/p(z) = −∫₀^z p(t)/p(z) (ln t − ψ(a)) dt
/// ```
///
/// Figurnov, Mohamed and Mnih 2018, Eq. 6, <https://arxiv.org/abs/1805.08498>.
pub(crate) fn gamma_slope<const D: usize>(a: Tensor<D>, z: Tensor<D>) -> Tensor<D> {
    let dims = z.dims();
    let (a, z) = (column(a.detach()), column(z.detach()));
    let tail = Tail::of(&a, &z);
    let centre = z.clone().log() - digamma(a.clone());
    let slope = tail.integral(&a, &z, |e, w| e * (w + centre)) * z * tail.sign;
    slope.reshape(dims)
}

/// The side of a point `x` on which a gamma variable is less probable, over which one integrates in `w = ln(t/x)`.
struct Tail {
    above: Tensor<2, Bool>,
    /// −1 for what lies below `x`, 1 for what lies above.
    sign: Tensor<2>,
    bound: Tensor<2>,
}

impl Tail {
    fn of(a: &Tensor<2>, x: &Tensor<2>) -> Self {
        let (a, x) = (a.clone().detach(), x.clone().detach());
        let above = x.clone().greater(a.clone());
        let sign = x.ones_like().neg().mask_where(above.clone(), x.ones_like());
        // Where the integrand has fallen below e⁻³⁵.
        let wide = (x.clone().recip() * 105.0).sqrt();
        let below = ((x.clone() + 35.0) / a).mask_where(x.clone().greater_elem(105.0), wide.clone());
        let beyond = (x.clone().recip() * 60.0).log1p().mask_where(x.greater_elem(10.0), wide);
        let bound = below.mask_where(above.clone(), beyond);
        Self { above, sign, bound }
    }

    /// `∫ f(e, w) |dw|` over the tail, where `e = (t/x)^a e^{x − t}`.
    fn integral(
        &self,
        a: &Tensor<2>,
        x: &Tensor<2>,
        f: impl FnOnce(Tensor<2>, Tensor<2>) -> Tensor<2>,
    ) -> Tensor<2> {
        integral(self.bound.clone(), |s| {
            let w = s * self.sign.clone();
            f((a.clone() * w.clone() - x.clone() * exp_m1(w.clone())).exp(), w)
        })
    }
}

/// `ln(x^a e^{−x}/Γ(a))`, which for large `a` is no difference of large numbers.
fn log_weight(a: Tensor<2>, x: Tensor<2>) -> Tensor<2> {
    let far = a.clone().greater_elem(EDGE);
    let large = a.clone().clamp_min(EDGE);
    let off = x.clone() / large.clone() - 1.0;
    let near_zero = off.clone().lower_elem(-0.5);
    let log = off.clone().clamp_min(-0.5).log1p().mask_where(near_zero, (x.clone() / large.clone()).log());
    let exact = (log - off) * large.clone() + (large.clone() / (2.0 * PI)).log() * 0.5 - stirling_rest(large);
    let small = a.clamp_max(EDGE);
    let plain = x.clone().log() * small.clone() - x - log_gamma(small);
    plain.mask_where(far, exact)
}

/// `[n, 1]`.
pub(super) fn column<const D: usize>(x: Tensor<D>) -> Tensor<2> {
    x.flatten::<1>(0, D - 1).unsqueeze_dim(1)
}
