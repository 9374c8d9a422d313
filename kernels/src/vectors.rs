//! What loops on the processor are made of. Every function here is inlined into the loop that the widest vectors of the machine compute.

use pulp::{Simd, WithSimd};

/// Does the work with the widest vectors that this processor has.
#[cfg(not(all(target_family = "wasm", target_feature = "simd128")))]
pub(crate) fn widest<W: WithSimd>(work: W) -> W::Output {
    pulp::Arch::new().dispatch(work)
}

/// Does the work with the vectors that the module was built for: code for others would be downloaded and never run.
#[cfg(all(target_family = "wasm", target_feature = "simd128"))]
pub(crate) fn widest<W: WithSimd>(work: W) -> W::Output {
    let simd = pulp::wasm::Simd128::try_new().expect("a module that was built for vectors should have them");
    Simd::vectorize(simd, work)
}

/// How many numbers the widest vectors hold.
pub(crate) struct Lanes;

impl WithSimd for Lanes {
    type Output = usize;

    fn with_simd<S: Simd>(self, _: S) -> usize {
        S::F32_LANES
    }
}

/// Sums that are kept beside one another.
const LANES: usize = 16;

/// `Σ f(x)`, in sixteen sums that are added at the end.
#[inline(always)]
pub(crate) fn sum(x: &[f32], f: impl Fn(f32) -> f32) -> f32 {
    let mut sums = [0.0; LANES];
    let chunks = x.chunks_exact(LANES);
    let rest: f32 = chunks.remainder().iter().map(|x| f(*x)).sum();
    for chunk in chunks {
        for (sum, x) in sums.iter_mut().zip(chunk) {
            *sum += f(*x);
        }
    }
    sums.iter().sum::<f32>() + rest
}

/// `Σ f(x, y)`, of slices of one length, in the same way.
#[inline(always)]
pub(crate) fn sum_of_two(x: &[f32], y: &[f32], f: impl Fn(f32, f32) -> f32) -> f32 {
    let mut sums = [0.0; LANES];
    let (xs, ys) = (x.chunks_exact(LANES), y.chunks_exact(LANES));
    let rest = xs.remainder().iter().zip(ys.remainder());
    let rest: f32 = rest.map(|(x, y)| f(*x, *y)).sum();
    for (x, y) in xs.zip(ys) {
        for (sum, (x, y)) in sums.iter_mut().zip(x.iter().zip(y)) {
            *sum += f(*x, *y);
        }
    }
    sums.iter().sum::<f32>() + rest
}

/// Mean, and `1 / sqrt(var + ε)`.
#[inline(always)]
pub(crate) fn moments(x: &[f32], epsilon: f32) -> (f32, f32) {
    let size = x.len() as f32;
    let mean = sum(x, |x| x) / size;
    let variance = sum(x, |x| (x - mean) * (x - mean)) / size;
    (mean, (variance + epsilon).sqrt().recip())
}

/// `1 / (1 + e^−x)`.
#[inline(always)]
pub(crate) fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

/// `tanh x` to about two units in the last place: near zero by the polynomial of Cephes' `tanhf`, further out `(1 − e^−2|x|)/(1 + e^−2|x|)`
/// with the sign of `x`.
#[inline(always)]
pub(crate) fn tanh(x: f32) -> f32 {
    let square = x * x;
    let mut p = -5.704_988_7e-3;
    for c in [2.063_908_8e-2, -5.373_971_6e-2, 0.133_314_42, -0.333_332_8] {
        p = p * square + c;
    }
    let small = exp(-2.0 * x.abs());
    let far = ((1.0 - small) / (1.0 + small)).copysign(x);
    if x.abs() < 0.625 { x + x * (square * p) } else { far }
}

/// `e^x` to about one unit in the last place, from 2^−126 to 2^127, of sums and products that each round once.
///
/// `e^x = 2^n e^r` with `|r| ≤ ln 2 / 2`, and `e^r` by the polynomial of Cephes' `expf`.
#[inline(always)]
pub(crate) fn exp(x: f32) -> f32 {
    // Adding and taking away 1.5 × 2²³ rounds to the nearest whole number, and leaves it in the lowest bits.
    const ROUND: f32 = 12_582_912.0;
    // A comparison with what is not a number is false: it stays what it is.
    let x = if x < -87.3 { -87.3 } else { x };
    let x = if x > 88.3 { 88.3 } else { x };
    let rounded = x * std::f32::consts::LOG2_E + ROUND;
    let n = rounded - ROUND;
    let r = (x - n * 0.693_359_4) + n * 2.121_944_4e-4;
    let mut p = 1.987_569_2e-4;
    for c in [1.398_2e-3, 8.333_452e-3, 4.166_579_6e-2, 0.166_666_65, 0.5] {
        p = p * r + c;
    }
    let power = (rounded.to_bits().wrapping_sub(ROUND.to_bits()).wrapping_add(127)) << 23;
    (p * r * r + r + 1.0) * f32::from_bits(power)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exponentials_are_those_of_double_precision() {
        let mut worst = 0.0_f64;
        for i in -87_000..=88_000 {
            let x = i as f32 / 1000.0;
            let exact = f64::from(x).exp();
            worst = worst.max((f64::from(exp(x)) - exact).abs() / exact);
        }
        println!("relative error {worst:.1e}");
        assert!(worst < 1.3e-7, "{worst}");
        assert!(exp(f32::NAN).is_nan() && sigmoid(f32::NAN).is_nan());
        assert_eq!((sigmoid(f32::INFINITY), exp(0.0)), (1.0, 1.0));
        assert!(sigmoid(f32::NEG_INFINITY) < 1e-37);
    }

    #[test]
    fn hyperbolic_tangents_are_those_of_double_precision() {
        let mut worst = 0.0_f64;
        for i in (-200_000..=200_000).filter(|i| *i != 0) {
            let x = i as f32 / 10_000.0;
            let exact = f64::from(x).tanh();
            worst = worst.max(((f64::from(tanh(x)) - exact) / exact).abs());
        }
        println!("relative error {worst:.1e}");
        assert!(worst < 2e-7, "{worst}");
        assert_eq!([-1e30, -30.0, 0.0, 30.0, f32::INFINITY].map(tanh), [-1.0, -1.0, 0.0, 1.0, 1.0]);
        assert!(tanh(f32::NAN).is_nan());
    }

    #[test]
    fn sums_miss_nothing() {
        for size in [0, 1, 15, 16, 17, 257] {
            let x: Vec<f32> = (0..size).map(|i| i as f32).collect();
            let wanted = (size * (size - 1) / 2) as f32;
            assert_eq!(sum(&x, |x| x), wanted);
            assert_eq!(sum_of_two(&x, &x, |x, y| x + y), 2.0 * wanted);
        }
    }
}
