//! The table of the inverse distribution function.
//!
//! Probabilities of the upper half are cut into octaves, those into 32 intervals, and on each of these `Φ⁻¹` is a parabola through its
//! values at Chebyshev's three nodes: off by at most 1.6e-7. It is made in double precision of sums, products, roots and `libm`, once, in
//! the same bits everywhere.

use std::sync::LazyLock;

/// Bits of a word below its sign.
const BITS: u32 = 31;
/// Bits of the number of an interval within its octave.
pub(crate) const FINE: u32 = 5;
/// Bits behind the point of a row's numbers.
pub(crate) const POINT: u32 = 28;

/// `c0`, `c1` and `c2` of `c0 − u (c1 − u c2)`, in units of 2⁻²⁸, and nothing.
pub type Row = [u32; 4];

/// One row for each interval of each octave.
pub static TABLE: LazyLock<Box<[Row; ROWS]>> = LazyLock::new(|| {
    let mut rows = Box::new([[0; 4]; ROWS]);
    for (i, row) in rows.iter_mut().enumerate().take((BITS << FINE) as usize) {
        *row = fitted(i as u32 >> FINE, i as u32 % (1 << FINE));
    }
    rows
});

/// Rows of the table, of which the last are not in use: it is a power of two.
pub const ROWS: usize = ((BITS + 1) << FINE) as usize;

/// The parabola on an interval of the words from 2^octave to 2^(octave + 1).
fn fitted(octave: u32, interval: u32) -> Row {
    const NODE: f64 = 0.433_012_701_892_219_3;
    let scale = f64::from(1 << octave);
    // A word stands for the middle of those that are rounded down to it.
    let middle = match octave {
        0..24 => 0.5,
        24..28 => 8.0,
        _ => 64.0,
    };
    let value = |u: f64| {
        let word = scale * (1.0 + (f64::from(interval) + u) / f64::from(1 << FINE));
        exceeded((word + middle) / 4_294_967_296.0)
    };
    let [low, mid, high] = [0.5 - NODE, 0.5, 0.5 + NODE].map(value);
    // Around the middle: value, slope and half the curvature.
    let (slope, bend) = ((high - low) / (2.0 * NODE), (high + low - 2.0 * mid) / (2.0 * NODE * NODE));
    let unit = |c: f64| (c * f64::from(1 << POINT) + 0.5) as u32;
    [unit(mid - 0.5 * slope + 0.25 * bend), unit(bend - slope), unit(bend), 0]
}

/// The number that a standard normal exceeds with the probability `p`, from 2⁻⁵³ to ½.
///
/// Abramowitz and Stegun 1964, 26.2.23, and three of Halley's steps.
pub fn exceeded(p: f64) -> f64 {
    let t = libm::sqrt(-2.0 * libm::log(p));
    let up = 2.515_517 + t * (0.802_853 + t * 0.010_328);
    let down = 1.0 + t * (1.432_788 + t * (0.189_269 + t * 0.001_308));
    let mut z = t - up / down;
    for _ in 0..3 {
        let tail = 0.5 * libm::erfc(z * std::f64::consts::FRAC_1_SQRT_2);
        let density = libm::exp(-0.5 * z * z) / libm::sqrt(std::f64::consts::TAU);
        let step = (p - tail) / density;
        z -= step / (1.0 + 0.5 * z * step);
    }
    z
}
