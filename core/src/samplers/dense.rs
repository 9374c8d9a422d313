//! Dense output: the polynomial through both ends of a step and their slopes, with a quartic term where a method has one.
//!
//! ```text
//! x(t + θh) = (1 − w) x + w x' + h θ(1 − θ)² f + h θ²(θ − 1) f' + θ²(1 − θ)² h Σ d_i k_i,   w = θ²(3 − 2θ)
//! ```
//!
//! Hairer, Nørsett and Wanner 1993, Eq. II.6.7 (Hermite's cubic), and their program DOPRI5 for the quartic term,
//! <https://doi.org/10.1007/978-3-540-78862-1>.

use super::{Vector, combine};

/// The way of one step, without its end.
pub(super) struct Piece {
    /// How long the step was.
    pub(super) h: f64,
    /// `x` and `dx/dt` where it began.
    pub(super) x: Vector,
    pub(super) slope: Vector,
    /// `h Σ d_i k_i`.
    pub(super) quartic: Option<Vector>,
}

impl Piece {
    /// `x` at `back` from the end of the step, where it is `x` with that slope.
    pub(super) fn at(&self, back: f64, x: &Vector, slope: &Vector) -> Vector {
        // Time falls: `back` is positive, `h` negative.
        let theta = 1.0 + back / self.h;
        let rest = 1.0 - theta;
        let w = theta * theta * (3.0 - 2.0 * theta);
        let ends = [(1.0 - w, self.x.clone()), (w, x.clone())];
        let slopes = [
            (self.h * theta * rest * rest, self.slope.clone()),
            (-self.h * theta * theta * rest, slope.clone()),
        ];
        let bent = self.quartic.iter().map(|quartic| ((theta * rest).powi(2), quartic.clone()));
        combine(ends.into_iter().chain(slopes).chain(bent))
    }

    /// Tensors that it keeps.
    pub(super) fn kept(&self) -> usize {
        2 + usize::from(self.quartic.is_some())
    }
}
