//! Box and Muller's transform without a branch: `libm`'s logarithm, sine and cosine, operation by operation.
//!
//! ```text
//! ln x = k ln 2 + ln(1 + f),   2^k (1 + f) = x,   1 + f in [√½, √2)
//! sin, cos of y_0 + y_1 = x − n π/2,   n the quadrant
//! ```
//!
//! The polynomials are FreeBSD's (Sun Microsystems 1993: e_log.c, k_sin.c, k_cos.c, e_rem_pio2.c), as in `libm`. Near the multiples of `π/2`
//! `libm` subtracts more digits of them: angles there, 15 in a million, are not worked on here.

// Constants and the order of operations are the originals': one more digit or another order is another number.
#![expect(clippy::excessive_precision, clippy::unreadable_literal, reason = "as in the original")]
#![expect(clippy::inline_always, reason = "all is compiled once for each kind of vector")]

use std::f64::consts::TAU;

use super::philox::philox4x32_10;
use super::{Counters, LANES, Normals, pair};

/// The numbers of `LANES` blocks.
#[inline(always)]
pub(super) fn normals(counters: &Counters, seed: [u32; 2]) -> Normals {
    let mut words = [[0; LANES]; 4];
    for lane in 0..LANES {
        let counter = [counters[0][lane], counters[1][lane], counters[2][lane], counters[3][lane]];
        let [a, b, c, d] = philox4x32_10(counter, seed);
        (words[0][lane], words[1][lane], words[2][lane], words[3][lane]) = (a, b, c, d);
    }
    let [a, b, c, d] = words;
    let ([n0, n1], [n2, n3]) = (pairs(&a, &b), pairs(&c, &d));
    [n0, n1, n2, n3]
}

#[inline(always)]
fn pairs(a: &[u32; LANES], b: &[u32; LANES]) -> [[f32; LANES]; 2] {
    let mut normals = [[0.0; LANES]; 2];
    let mut rare = 0;
    for lane in 0..LANES {
        let (cos, sin) = polar(a[lane], b[lane]);
        (normals[0][lane], normals[1][lane]) = (cos as f32, sin as f32);
        rare |= u32::from(is_rare(b[lane]));
    }
    if rare != 0 {
        for lane in (0..LANES).filter(|lane| is_rare(b[*lane])) {
            let (cos, sin) = pair(a[lane], b[lane]);
            (normals[0][lane], normals[1][lane]) = (cos as f32, sin as f32);
        }
    }
    normals
}

/// Whether the angle is near a multiple of `π/2`: at most 2,600 of these words on either side of one take `libm`'s other way.
#[inline(always)]
pub(super) fn is_rare(b: u32) -> bool {
    const NEAR: u32 = 1 << 13;
    b.wrapping_add(NEAR) & ((1 << 30) - 1) < 2 * NEAR
}

/// [`pair`], but for angles that are rare.
#[inline(always)]
pub(super) fn polar(a: u32, b: u32) -> (f64, f64) {
    let u = (f64::from(a) + 0.5) / 4_294_967_296.0;
    let v = (f64::from(b) + 0.5) / 4_294_967_296.0;
    let radius = (-2.0 * log(u)).sqrt();
    let (sin, cos) = sincos(TAU * v);
    (radius * cos, radius * sin)
}

/// `ln x` for `x` between 2⁻⁵⁴ and 1, both excluded.
#[inline(always)]
fn log(x: f64) -> f64 {
    const LN2_HI: f64 = 6.93147180369123816490e-01;
    const LN2_LO: f64 = 1.90821492927058770002e-10;
    const LG: [f64; 7] = [
        6.666666666666735130e-01,
        3.999999999940941908e-01,
        2.857142874366239149e-01,
        2.222219843214978396e-01,
        1.818357216161805012e-01,
        1.531383769920937332e-01,
        1.479819860511658591e-01,
    ];
    let bits = x.to_bits() + ((0x3ff0_0000 - 0x3fe6_a09e) << 32);
    let k = f64::from((bits >> 52) as i32 - 0x3ff);
    let x = f64::from_bits((bits & 0x000f_ffff_ffff_ffff) + (0x3fe6_a09e << 32));
    let f = x - 1.0;
    let hfsq = 0.5 * f * f;
    let s = f / (2.0 + f);
    let z = s * s;
    let w = z * z;
    let t1 = w * (LG[1] + w * (LG[3] + w * LG[5]));
    let t2 = z * (LG[0] + w * (LG[2] + w * (LG[4] + w * LG[6])));
    let r = t2 + t1;
    s * (hfsq + r) + k * LN2_LO - hfsq + f + k * LN2_HI
}

/// Sine and cosine of an angle from 0 to `2π`, but for rare ones.
#[inline(always)]
fn sincos(x: f64) -> (f64, f64) {
    const PIO2_1: f64 = 1.57079632673412561417e+00;
    const PIO2_1T: f64 = 6.07710050650619224932e-11;
    // The first angles of the next quadrants: the numbers whose upper halves follow 0x3fe921fb, 0x4002d97c, 0x400f6a7a, 0x4015fdbc.
    const NEXT: [u64; 4] = [0x3fe9_21fc << 32, 0x4002_d97d << 32, 0x400f_6a7b << 32, 0x4015_fdbd << 32];
    let past = |quadrant: usize| if x >= f64::from_bits(NEXT[quadrant]) { 1.0 } else { 0.0 };
    let n = past(0) + past(1) + past(2) + past(3);
    let z = x - n * PIO2_1;
    let y0 = z - n * PIO2_1T;
    let y1 = (z - y0) - n * PIO2_1T;
    let (s, c) = (sin(y0, y1, n == 0.0), cos(y0, y1));
    let (s, c) = if n == 1.0 || n == 3.0 { (c, -s) } else { (s, c) };
    if n == 2.0 || n == 3.0 { (-s, -c) } else { (s, c) }
}

#[inline(always)]
fn sin(x: f64, y: f64, whole: bool) -> f64 {
    const S1: f64 = -1.66666666666666324348e-01;
    const S2: f64 = 8.33333333332248946124e-03;
    const S3: f64 = -1.98412698298579493134e-04;
    const S4: f64 = 2.75573137070700676789e-06;
    const S5: f64 = -2.50507602534068634195e-08;
    const S6: f64 = 1.58969099521155010221e-10;
    let z = x * x;
    let w = z * z;
    let r = S2 + z * (S3 + z * S4) + z * w * (S5 + z * S6);
    let v = z * x;
    // An angle that needed no reduction has no tail.
    let plain = x + v * (S1 + z * r);
    let tailed = x - ((z * (0.5 * y - v * r) - y) - v * S1);
    if whole { plain } else { tailed }
}

#[inline(always)]
fn cos(x: f64, y: f64) -> f64 {
    const C1: f64 = 4.16666666666666019037e-02;
    const C2: f64 = -1.38888888888741095749e-03;
    const C3: f64 = 2.48015872894767294178e-05;
    const C4: f64 = -2.75573143513906633035e-07;
    const C5: f64 = 2.08757232129817482790e-09;
    const C6: f64 = -1.13596475577881948265e-11;
    let z = x * x;
    let w = z * z;
    let r = z * (C1 + z * (C2 + z * C3)) + w * w * (C4 + z * (C5 + z * C6));
    let hz = 0.5 * z;
    let w = 1.0 - hz;
    w + (((1.0 - w) - hz) + (z * r - x * y))
}
