//! The normal distribution function, its logarithm and its inverse, which keep their digits in the tails.

use std::f64::consts::{LN_2, SQRT_2};

use burn::prelude::*;

use super::horner;

/// Chebyshev's coefficients of `ln(e^{z²} erfc(z)/t)` in `2t − 1`, for `t = 2/(2 + z)`, `z` from 0 on: good to 1e-14.
///
/// `numpy.polynomial.chebyshev.chebinterpolate(f, 27)[:22]`, with `f` by mpmath in 40 digits.
const SCALED_TAIL: [f64; 22] = [
    -0.651_326_859_890_854_7,
    0.641_969_792_356_490_1,
    0.019_476_473_204_185_91,
    -0.009_561_514_786_808_667,
    -0.000_946_595_344_482_024_8,
    0.000_366_839_497_852_735,
    4.252_332_480_695_58e-5,
    -2.027_857_811_252_666_3e-5,
    -1.624_290_004_684_622_2e-6,
    1.303_655_835_758_834e-6,
    1.562_644_145_826_551_3e-8,
    -8.523_809_547_078_542e-8,
    6.529_053_853_121_525e-9,
    5.059_344_213_417_408e-9,
    -9.913_650_218_200_993e-10,
    -2.273_642_147_570_293_6e-10,
    9.646_686_624_112_784e-11,
    2.395_155_502_504_005e-12,
    -6.887_189_231_617_543e-12,
    8.956_248_441_295_754e-13,
    3.119_568_095_907_457_5e-13,
    -1.114_505_313_434_425e-13,
];

const MIDDLE_OVER: [f64; 8] = [
    2_509.080_928_730_122_7,
    33_430.575_583_588_13,
    67_265.770_927_008_7,
    45_921.953_931_549_87,
    13_731.693_765_509_46,
    1_971.590_950_306_551_3,
    133.141_667_891_784_38,
    3.387_132_872_796_366_5,
];
const MIDDLE_UNDER: [f64; 8] = [
    5_226.495_278_852_854,
    28_729.085_735_721_943,
    39_307.895_800_092_71,
    21_213.794_301_586_597,
    5_394.196_021_424_751,
    687.187_007_492_057_9,
    42.313_330_701_600_91,
    1.0,
];
const TAIL_OVER: [f64; 8] = [
    0.000_774_545_014_278_341_4,
    0.022_723_844_989_269_184,
    0.241_780_725_177_450_6,
    1.270_458_252_452_368_4,
    3.647_848_324_763_204_5,
    5.769_497_221_460_691,
    4.630_337_846_156_546,
    1.423_437_110_749_683_5,
];
const TAIL_UNDER: [f64; 8] = [
    1.050_750_071_644_416_9e-9,
    0.000_547_593_808_499_534_5,
    0.015_198_666_563_616_457,
    0.148_103_976_427_480_08,
    0.689_767_334_985_1,
    1.676_384_830_183_803_8,
    2.053_191_626_637_759,
    1.0,
];
const FAR_OVER: [f64; 8] = [
    2.010_334_399_292_288_1e-7,
    2.711_555_568_743_487_6e-5,
    0.001_242_660_947_388_078_4,
    0.026_532_189_526_576_124,
    0.296_560_571_828_504_87,
    1.784_826_539_917_291_3,
    5.463_784_911_164_114,
    6.657_904_643_501_103,
];
const FAR_UNDER: [f64; 8] = [
    2.044_263_103_389_939_7e-15,
    1.421_511_758_316_446e-7,
    1.846_318_317_510_054_8e-5,
    0.000_786_869_131_145_613_3,
    0.014_875_361_290_850_615,
    0.136_929_880_922_735_8,
    0.599_832_206_555_888,
    1.0,
];

/// `ln Φ(x)`.
pub fn log_normal_cdf<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    let low = x.clone().lower_elem(0.0);
    let tail = log_tail(x);
    tail.clone().exp().neg().log1p().mask_where(low, tail)
}

/// `Φ(x)`: the probability that a standard normal lies below `x`.
pub fn normal_cdf<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    let low = x.clone().lower_elem(0.0);
    let tail = log_tail(x).exp();
    (-tail.clone() + 1.0).mask_where(low, tail)
}

/// `ln Φ(−|x|)`.
fn log_tail<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    // Not the absolute value, which has no gradient at 0.
    let low = x.clone().lower_elem(0.0);
    let z = x.clone().mask_where(low, x.neg()) * (1.0 / SQRT_2);
    let t = (z.clone() + 2.0).recip() * 2.0;
    chebyshev(&(t.clone() * 2.0 - 1.0), &SCALED_TAIL) + t.log() - LN_2 - z.square()
}

/// Clenshaw's sum.
fn chebyshev<const D: usize>(x: &Tensor<D>, coefficients: &[f64]) -> Tensor<D> {
    let (mut next, mut sum) = (x.zeros_like(), x.zeros_like());
    for c in coefficients[1..].iter().rev() {
        (next, sum) = (sum.clone(), sum * x.clone() * 2.0 - next + *c);
    }
    sum * x.clone() - next + coefficients[0]
}

/// `Φ⁻¹(p)`, for `p` above 0 and below 1.
pub fn normal_quantile<const D: usize>(p: Tensor<D>) -> Tensor<D> {
    let rest = 1.0 - p.clone();
    quantile(p.clone() - 0.5, p.min_pair(rest))
}

/// The inverse of `erf`, for `x` above −1 and below 1.
pub fn erf_inverse<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    quantile(x.clone() * 0.5, (1.0 - x.abs()) * 0.5) * (1.0 / SQRT_2)
}

/// `Φ⁻¹` of `½ + off`, given what lies beyond it too, `½ − |off|`.
///
/// Wichura 1988, algorithm AS 241, <https://doi.org/10.2307/2347330>.
fn quantile<const D: usize>(off: Tensor<D>, beyond: Tensor<D>) -> Tensor<D> {
    let ratio = |x: &Tensor<D>, over: &[f64], under: &[f64]| horner(x, over) / horner(x, under);
    let is_middle = off.clone().abs().lower_equal_elem(0.425);
    let inner = off.clone().clamp(-0.425, 0.425);
    let middle = ratio(&(0.180_625 - inner.clone().square()), &MIDDLE_OVER, &MIDDLE_UNDER) * inner;
    let r = (-beyond.clamp_max(0.08).log()).sqrt();
    let is_far = r.clone().greater_elem(5.0);
    let tail = ratio(&(r.clone().clamp_max(5.0) - 1.6), &TAIL_OVER, &TAIL_UNDER);
    let far = ratio(&(r.clamp_min(5.0) - 5.0), &FAR_OVER, &FAR_UNDER);
    let outer = tail.mask_where(is_far, far);
    let outer = outer.clone().mask_where(off.lower_elem(0.0), outer.neg());
    outer.mask_where(is_middle, middle)
}
