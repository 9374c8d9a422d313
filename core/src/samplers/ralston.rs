//! Ralston's method: of the second-order methods with two stages, that of the least error bound.
//!
//! ```text
//! k₁ = f(t, x),  k₂ = f(t + 2h/3, x + 2h/3 k₁),   x ← x + h (k₁ + 3 k₂)/4
//! ```
//!
//! Ralston 1962, <https://doi.org/10.1090/S0025-5718-1962-0150954-0>. The step into data is as the midpoint method's.

use super::runge_kutta::{Tableau, table};
use crate::registry::About;

pub(crate) const TABLE: Tableau = Tableau { a: &[&[2.0 / 3.0]], b: &[0.25, 0.75], c: &[2.0 / 3.0] };

table! {
    /// Second order, two evaluations a step.
    Ralston: TABLE of order 2,
    About {
        summary: "Ralston, second order with the least error bound",
        paper: "Ralston 1962, https://doi.org/10.1090/S0025-5718-1962-0150954-0",
    }
}
