//! The normal distribution function and its inverse, of logits, with both tails.

use burn::prelude::*;
use burn::tensor::activation::log_sigmoid;

/// Chebyshev's coefficients of `ln erfcx(u) − ln t` in `t = 2/(2 + u)`: Press et al. 2007, Numerical Recipes, section 6.2.2, those above
/// `10⁻¹²`.
const COEFFICIENTS: [f64; 20] = [
    -1.302_653_719_781_709_4,
    0.641_969_792_356_490_3,
    1.947_647_320_418_583_6e-2,
    -9.561_514_786_808_63e-3,
    -9.465_953_444_820_36e-4,
    3.668_394_978_527_61e-4,
    4.252_332_480_690_7e-5,
    -2.027_857_811_253_4e-5,
    -1.624_290_004_647e-6,
    1.303_655_835_58e-6,
    1.562_644_172_2e-8,
    -8.523_809_591_5e-8,
    6.529_054_439e-9,
    5.059_343_495e-9,
    -9.913_641_56e-10,
    -2.273_651_22e-10,
    9.646_791_1e-11,
    2.394_038e-12,
    -6.886_027e-12,
    8.944_87e-13,
];

const LN_2: f64 = std::f64::consts::LN_2;

/// `ln Φ(−u) + u²/2` for `u ≥ 0`.
fn scaled_tail(u: &Tensor<2>) -> Tensor<2> {
    let t = (u.clone() * std::f64::consts::FRAC_1_SQRT_2 + 2.0).recip() * 2.0;
    let twice = t.clone() * 4.0 - 2.0;
    let zero = u.zeros_like();
    let [b, c] = COEFFICIENTS[1..]
        .iter()
        .rev()
        .fold([zero.clone(), zero], |[b, c], coefficient| [twice.clone() * b.clone() - c + *coefficient, b]);
    t.log() + (twice * b + COEFFICIENTS[0]) * 0.5 - c - LN_2
}

/// `ln φ(u)/Φ(−u)`, of the scaled tail.
fn log_rate(scaled: Tensor<2>) -> Tensor<2> {
    -scaled - 0.5 * std::f64::consts::TAU.ln()
}

/// `u` and its sign, which has no slope.
fn split(x: &Tensor<2>) -> [Tensor<2>; 2] {
    let sign = x.ones_like().mask_fill(x.clone().detach().lower_elem(0.0), -1.0);
    [x.clone() * sign.clone(), sign]
}

/// `logit Φ(z)`, and the logarithm of its slope `φ/(Φ (1 − Φ))`.
pub(in crate::flow) fn logit(z: Tensor<2>) -> [Tensor<2>; 2] {
    let [u, sign] = split(&z);
    let scaled = scaled_tail(&u);
    let tail = scaled.clone() - u.square() * 0.5;
    let rest = (-tail.clone().exp()).log1p();
    [(rest.clone() - tail) * sign, log_rate(scaled) - rest]
}

/// `Φ⁻¹(σ(y))`, and the logarithm of its slope, the inverse of [`logit`]: Newton's method on `ln Φ(−u)`, from above, where it cannot miss. The last step
/// is on the tape.
pub(in crate::flow) fn of_logit(y: Tensor<2>) -> [Tensor<2>; 2] {
    const STEPS: usize = 6;
    let [far, sign] = split(&y);
    let tail = log_sigmoid(-far);
    let step = |u: Tensor<2>, tail: Tensor<2>| {
        let scaled = scaled_tail(&u);
        let rate = log_rate(scaled.clone()).exp().detach();
        u.clone() + (scaled - u.square() * 0.5 - tail) / rate
    };
    let held = tail.clone().detach();
    let start = ((held.clone() + LN_2) * -2.0).clamp_min(0.0).sqrt();
    let u = (0..STEPS).fold(start, |u, _| step(u, held.clone()).clamp_min(0.0));
    let u = step(u.detach(), tail);
    let [_, slope] = logit(u.clone());
    [u * sign, -slope]
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::DType;

    /// Of Python's `t = math.erfc(u / math.sqrt(2)) / 2` and `math.log1p(-t) - math.log(t)`.
    const KNOWN: [(f64, f64); 5] = [
        (0.0, 0.0),
        (0.5, 0.806_965_346_304_962_4),
        (-1.0, -1.668_267_865_985_813_4),
        (2.0, 3.760_171_424_353_067_5),
        (-6.0, -20.736_768_948_988_114),
    ];

    #[test]
    fn logits_and_normals_are_known_ones_and_undo_each_other() {
        for (dtype, limit) in [(DType::F64, 1e-10), (DType::F32, 1e-5)] {
            for (z, y) in KNOWN {
                let number = |x: f64| Tensor::<2>::from_data([[x]], (&Device::flex(), dtype));
                let read = |x: Tensor<2>| x.into_data().iter::<f64>().next().expect("a number");
                let [[found, slope], [back, other]] = [logit(number(z)), of_logit(number(y))];
                println!("{z}: {:e} {:e}", read(found.clone()) - y, read(back.clone()) - z);
                assert!((read(found) - y).abs() < limit * (1.0 + y.abs()), "{z}");
                assert!((read(back) - z).abs() < limit * (1.0 + z.abs()), "{y}");
                assert!((read(slope) + read(other)).abs() < limit * 3.0, "{z}");
            }
        }
    }
}
