//! How long steps are that an integrator chooses itself: what error is allowed in one, and what it says of the next.
//!
//! ```text
//! ε = rms(e/(atol + rtol max(|x|, |x'|))),   accepted where ε ≤ 1
//! h ← 0.9 h (ε_last^0.2/ε^0.85)^{1/q},   q one more than the order of the error estimate
//! ```
//!
//! Hairer, Nørsett and Wanner 1993, section II.4 and their program DOPRI5, <https://doi.org/10.1007/978-3-540-78862-1>. One error is
//! measured for all rows together, so that a row depends on its batch, by about the tolerance.

use std::fmt;

use burn::prelude::*;

use crate::Result;
use crate::config::check::positive;

/// How much shorter and how much longer a step becomes at once.
const LIMITS: [f64; 2] = [0.2, 10.0];
/// How much shorter it becomes after an error that is not a number.
const RETREAT: f64 = 0.1;
const SAFETY: f64 = 0.9;
/// A smaller error of the last step says no more of the next.
const LEAST: f64 = 1e-4;

/// The error that a step may make.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tolerance {
    /// As a share of `x`.
    pub rtol: f64,
    /// Where `x` is small.
    pub atol: f64,
    /// Over what errors are averaged.
    pub over: Over,
}

/// Over what the root of the mean square of an error is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    /// Over each row; the worst decides.
    Rows,
    /// Over all numbers of the batch.
    Batch,
}

impl Tolerance {
    /// The same absolutely and relatively, met by every row.
    pub fn equal(tolerance: f64) -> Self {
        Self { rtol: tolerance, atol: tolerance, over: Over::Rows }
    }

    pub(super) fn check(self) -> Result<()> {
        positive("rtol", self.rtol)?;
        positive("atol", self.atol)
    }

    /// `rms(v/(atol + rtol size))`, `[1]`.
    pub(crate) fn norm(self, v: Tensor<2>, size: Tensor<2>) -> Tensor<1> {
        let squared = (v / (size * self.rtol + self.atol)).square();
        match self.over {
            Over::Rows => squared.mean_dim(1).sqrt().max(),
            Over::Batch => squared.mean().sqrt(),
        }
    }
}

impl fmt::Display for Tolerance {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let Self { rtol, atol, .. } = self;
        if rtol == atol {
            write!(f, "a tolerance of {rtol}")
        } else {
            write!(f, "rtol {rtol} and atol {atol}")
        }
    }
}

/// Chooses the next step by the error of the last ones.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Control {
    /// The step to try next, negative where time falls.
    h: f64,
    /// `q`.
    power: f64,
    /// Error of the last step that was accepted.
    accepted: f64,
    /// Error of the attempt that was rejected since.
    rejected: Option<f64>,
}

impl Control {
    /// Begins with a step of `h`; `power` is `q`.
    pub(crate) fn new(h: f64, power: f64) -> Self {
        Self { h, power, accepted: LEAST, rejected: None }
    }

    /// The step to try where so much is left: a remainder that is hardly longer than a step is one step.
    pub(crate) fn next(&self, left: f64) -> f64 {
        if 1.01 * self.h.abs() < left.abs() { self.h } else { left }
    }

    /// Whether a step of `h` with that error stands; the next will be longer or shorter.
    pub(crate) fn accepts(&mut self, h: f64, error: f64) -> bool {
        let stands = error <= 1.0;
        self.h = h * if stands { self.longer(error) } else { self.shorter(error) };
        if stands {
            (self.accepted, self.rejected) = (error.max(LEAST), None);
        } else {
            self.rejected = Some(error);
        }
        stands
    }

    /// The error of the attempt that was rejected since the last step that stands.
    pub(super) fn rejected(&self) -> Option<f64> {
        self.rejected
    }

    /// By how much to shorten a step that was rejected.
    fn shorter(&self, error: f64) -> f64 {
        if !error.is_finite() {
            return RETREAT;
        }
        (SAFETY * error.powf(-0.85 / self.power)).max(LIMITS[0])
    }

    /// By how much to lengthen the next step: it does not grow where one has just been rejected.
    fn longer(&self, error: f64) -> f64 {
        let wanted = SAFETY * (error.powf(-0.85) * self.accepted.powf(0.2)).powf(1.0 / self.power);
        wanted.clamp(LIMITS[0], if self.rejected.is_some() { 1.0 } else { LIMITS[1] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A method whose error is `hᵠ` settles on steps whose error is safely below what is allowed, and rejects none on its way.
    #[test]
    fn steps_settle_where_the_error_is_allowed() {
        for power in [3.0, 5.0] {
            let mut control = Control::new(1e-3, power);
            for _ in 0..100 {
                let h = control.next(1e9);
                assert!(control.accepts(h, h.powf(power)), "{h}");
            }
            // 0.9 (ε^0.2/ε^0.85)^{1/q} = 1
            let wanted = 0.9_f64.powf(1.0 / 0.65);
            assert!((control.h / wanted - 1.0).abs() < 1e-9, "{}: {wanted}", control.h);
        }
    }

    #[test]
    fn what_is_rejected_becomes_shorter_and_does_not_grow_at_once() {
        let mut control = Control::new(-1.0, 5.0);
        assert!(!control.accepts(-1.0, 32.0));
        assert!((control.h + SAFETY * 32.0_f64.powf(-0.17)).abs() < 1e-12);
        assert!(control.accepts(-0.5, 1e-9));
        assert_eq!((control.h, control.rejected), (-0.5, None));
        assert!(!control.accepts(-0.5, f64::NAN));
        assert_eq!(control.h, -0.05);
        assert!(control.rejected.is_some_and(f64::is_nan));
    }

    #[test]
    fn a_remainder_that_is_hardly_longer_than_a_step_is_one_step() {
        let control = Control::new(-1.0, 5.0);
        assert_eq!([-0.3, -1.005, -2.0].map(|left| control.next(left)), [-0.3, -1.005, -1.0]);
    }
}
