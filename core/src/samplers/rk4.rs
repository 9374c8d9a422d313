//! The classical Runge-Kutta method.
//!
//! ```text
//! k₁ = f(t, x),  k₂ = f(t + h/2, x + h/2 k₁),  k₃ = f(t + h/2, x + h/2 k₂),  k₄ = f(t + h, x + h k₃)
//! x ← x + h (k₁ + 2 k₂ + 2 k₃ + k₄)/6
//! ```
//!
//! Kutta 1901; Hairer, Nørsett and Wanner 1993, Table II.1.2, <https://doi.org/10.1007/978-3-540-78862-1>. The last step, into data, is
//! what is denoised.

use super::runge_kutta::{Tableau, table};
use crate::registry::About;

pub(crate) const TABLE: Tableau = Tableau {
    a: &[&[0.5], &[0.0, 0.5], &[0.0, 0.0, 1.0]],
    b: &[1.0 / 6.0, 1.0 / 3.0, 1.0 / 3.0, 1.0 / 6.0],
    c: &[0.5, 0.5, 1.0],
};

table! {
    /// Fourth order, four evaluations a step.
    Rk4: TABLE of order 4,
    About {
        summary: "Classical Runge-Kutta, fourth order",
        paper: "Kutta 1901; Hairer et al. 1993, Table II.1.2, https://doi.org/10.1007/978-3-540-78862-1",
    }
}
