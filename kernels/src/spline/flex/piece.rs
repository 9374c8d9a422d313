//! One bin of one number, and all that is made of it.

use super::super::{Direction, LEAST};
use crate::vectors::exp;

/// A bin, with the letters of the formulas.
pub(super) struct Piece {
    x: f32,
    y: f32,
    w: f32,
    h: f32,
    s: f32,
    slopes: [f32; 2],
    theta: f32,
    tau: f32,
    /// `1/D`.
    d: f32,
    m: f32,
}

/// Gradients of a piece's input, of its left and lower edge, of its width and height, and of its slopes.
pub(super) struct Adjoint {
    pub input: f32,
    pub edges: [f32; 2],
    pub sizes: [f32; 2],
    pub slopes: [f32; 2],
}

impl Piece {
    #[inline(always)]
    pub(super) fn of(
        at: f32,
        [x, y]: [f32; 2],
        [w, h]: [f32; 2],
        slopes: [f32; 2],
        direction: Direction,
    ) -> Self {
        let ([d0, d1], s) = (slopes, h / w);
        let (theta, tau) = match direction {
            Direction::Forward => {
                let theta = share((at - x) / w);
                (theta, 1.0 - theta)
            }
            Direction::Inverse => {
                let xi = share((at - y) / h);
                let (left, right) = (2.0 * s * xi, 2.0 * s * (1.0 - xi));
                let e = d0 * (1.0 - xi) - d1 * xi;
                let root = e.abs() + (e * e + left * right).sqrt();
                let (theta, tau) = if e >= 0.0 { (left, root) } else { (root, right) };
                let whole = 1.0 / (theta + tau);
                (theta * whole, tau * whole)
            }
        };
        let q = theta * tau;
        let d = s * (theta * theta + tau * tau) + (d0 + d1) * q;
        let m = d1 * theta * theta + 2.0 * s * q + d0 * tau * tau;
        Self { x, y, w, h, s, slopes, theta, tau, d: 1.0 / d, m }
    }

    /// `y`; of the inverse, `x`.
    #[inline(always)]
    pub(super) fn out(&self, direction: Direction) -> f32 {
        match direction {
            Direction::Forward => self.y + self.h * self.part(),
            Direction::Inverse => self.x + self.w * self.theta,
        }
    }

    /// `(s θ² + δ₀ θτ)/D`.
    #[inline(always)]
    fn part(&self) -> f32 {
        self.theta * (self.s * self.theta + self.slopes[0] * self.tau) * self.d
    }

    /// `dy/dx`.
    #[inline(always)]
    pub(super) fn slope(&self) -> f32 {
        self.s * (self.s * self.d) * (self.m * self.d)
    }

    /// From the gradients of `y` and `ln dy/dx`; of the inverse, from those of `x` and `ln dx/dy`. As in the reference.
    #[inline(always)]
    pub(super) fn adjoint(&self, [out, log]: [f32; 2], direction: Direction) -> Adjoint {
        let Self { w, h, s, slopes: [d0, d1], theta, tau, d, .. } = *self;
        let (q, [left, right], m) = (theta * tau, [tau * tau, theta * theta], 1.0 / self.m);
        let width = 1.0 / w;
        // Of the logarithm, by x, s, δ₀ and δ₁.
        let bent = (d1 * theta - d0 * tau + s * (tau - theta)) * m - (d0 + d1 - 2.0 * s) * (tau - theta) * d;
        let bent = 2.0 * bent * width;
        let log_s = 2.0 * (q * m + 1.0 / s - (left + right) * d);
        let log_slopes = [left * m - 2.0 * q * d, right * m - 2.0 * q * d];
        // Of y, by s, δ₀ and δ₁.
        let common = h * (q * d);
        let y_s = common * ((d1 * right - d0 * left) * d);
        let y_slopes = [common * ((s * left + d1 * q) * d), -common * self.part()];

        let slope = self.slope();
        let (out, log) = match direction {
            Direction::Forward => (out, log),
            Direction::Inverse => ((log * bent - out) / slope, -log),
        };
        let by_x = out * slope + log * bent;
        let by_s = (out * y_s + log * log_s) * width;
        Adjoint {
            input: if direction == Direction::Forward { by_x } else { -out },
            edges: [-by_x, out],
            sizes: [-(by_x * theta + by_s * s), out * self.part() + by_s],
            slopes: [out * y_slopes[0] + log * log_slopes[0], out * y_slopes[1] + log * log_slopes[1]],
        }
    }
}

/// Between 0 and 1, whatever rounding did.
#[inline(always)]
fn share(x: f32) -> f32 {
    let x = if x < 0.0 { 0.0 } else { x };
    if x > 1.0 { 1.0 } else { x }
}

/// The slope at a knot, `10⁻³ + ln(1 + e^x)`.
#[inline(always)]
pub(super) fn knot(x: f32) -> f32 {
    let small = exp(-x.abs());
    let above = if x > 0.0 { x } else { 0.0 };
    LEAST as f32 + (above + ratio(small / (2.0 + small)))
}

/// `ln x` of what is positive: of a power of two, and of a number between `√½` and `√2`.
#[inline(always)]
pub(super) fn ln(x: f32) -> f32 {
    const ROOT: u32 = 0x3F35_04F3;
    let above = x.to_bits().wrapping_sub(ROOT);
    let n = (above.cast_signed() >> 23) as f32;
    let m = f32::from_bits((above & 0x007F_FFFF) + ROOT);
    n * 0.693_359_4 + (ratio((m - 1.0) / (m + 1.0)) - n * 2.121_944_4e-4)
}

/// `ln((1 + z)/(1 − z)) = 2 (z + z³/3 + z⁵/5 + …)`, of a `z` up to a third.
#[inline(always)]
fn ratio(z: f32) -> f32 {
    let square = z * z;
    let mut p = 2.0 / 15.0;
    for c in [2.0 / 13.0, 2.0 / 11.0, 2.0 / 9.0, 2.0 / 7.0, 0.4, 2.0 / 3.0, 2.0] {
        p = p * square + c;
    }
    p * z
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spline::UNIT;

    #[test]
    fn logarithms_are_those_of_double_precision() {
        let mut worst = 0.0_f64;
        for i in -80_000..=80_000 {
            let x = (i as f32 / 1000.0).exp();
            let exact = f64::from(x).ln();
            worst = worst.max((f64::from(ln(x)) - exact).abs() / exact.abs().max(1e-6));
        }
        println!("relative error {worst:.1e}");
        assert!(worst < 2e-7, "{worst}");
        assert!(ln(f32::MAX).is_finite() && ln(f32::MIN_POSITIVE).is_finite());
    }

    #[test]
    fn slopes_at_knots_are_those_of_double_precision() {
        let mut worst = 0.0_f64;
        for i in -100_000..=100_000 {
            let x = i as f32 / 1000.0;
            let exact = LEAST + f64::from(x).max(0.0) + (-f64::from(x).abs()).exp().ln_1p();
            worst = worst.max((f64::from(knot(x)) - exact).abs() / exact);
        }
        println!("relative error {worst:.1e}");
        assert!(worst < 3e-7, "{worst}");
        assert!((knot(UNIT as f32) - 1.0).abs() < 3e-7 && (knot(1e4) - 1e4).abs() < 2e-3);
    }
}
