//! The midpoint method: Euler's step to the middle, then the whole way with the slope found there.
//!
//! ```text
//! x ← x + h f(t + h/2, x + h/2 f(t, x))
//! ```
//!
//! Runge 1895, <https://doi.org/10.1007/BF01446807>. It never evaluates at the far end, so that the step into data is
//! like any other where the noise falls on a straight line (`edm`, `cond_ot`); elsewhere it is what is denoised.

use super::runge_kutta::{Tableau, table};
use crate::registry::About;

pub(crate) const TABLE: Tableau = Tableau { a: &[&[0.5]], b: &[0.0, 1.0], c: &[0.5] };

table! {
    /// Second order, two evaluations a step.
    Midpoint: TABLE of order 2,
    About { summary: "Midpoint, second order", paper: "Runge 1895, https://doi.org/10.1007/BF01446807" }
}
