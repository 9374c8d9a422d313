//! Times of a batch, spread evenly by Weyl's sequence.
//!
//! ```text
//! u_n = frac(u_0 + n/φ),   φ = (1 + √5)/2
//! ```
//!
//! Kingma et al. 2021, Appendix I.1, <https://arxiv.org/abs/2107.00630>, spread the times of a batch to lower the variance of the bound; Sahoo et al.
//! 2024 take it over. Here `n` counts the samples of the run, so that a sample's time does not depend on its batch, and yet the times
//! of any batch are spread (Weyl 1916, <https://doi.org/10.1007/BF01475864>).

use crate::random::{Key, Purpose};

/// `2⁶⁴/φ`.
const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

/// `u_n` in `(0, 1)` for sample `n` of a run with this seed.
pub fn evenly(seed: u64, n: u64) -> f64 {
    let mut stream = Key::new(seed, Purpose::Level, 0).stream();
    let start = u64::from(stream.word()) << 32 | u64::from(stream.word());
    let bits = start.wrapping_add(n.wrapping_mul(GOLDEN));
    ((bits >> 12) as f64 + 0.5) / (1_u64 << 52) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Star discrepancy of `n` points: at most about `ln n / n` here, `1/√n` for points drawn by chance.
    #[test]
    fn the_times_of_any_batch_are_spread() {
        for (seed, first, n) in [(0, 0, 64), (1, 12_345, 64), (2, 999_999_999, 500)] {
            let mut times: Vec<f64> = (0..n).map(|i| evenly(seed, first + i)).collect();
            times.sort_by(f64::total_cmp);
            let place = |i: usize| i as f64 / n as f64;
            let worst = times
                .iter()
                .enumerate()
                .fold(0.0_f64, |worst, (i, t)| worst.max(t - place(i)).max(place(i + 1) - t));
            assert!(worst < 1.5 * (n as f64).ln() / n as f64, "{worst} of {n}");
            assert!(times[0] > 0.0 && times[n as usize - 1] < 1.0);
        }
        assert_ne!(evenly(0, 0), evenly(1, 0));
    }
}
