//! Bogacki and Shampine's pair of orders 3 and 2, with steps as long as a tolerance allows.
//!
//! ```text
//! x' = x + h (2 k₁ + 3 k₂ + 4 k₃)/9 (k₄ is the next step's first),   e = h (−5 k₁/72 + k₂/12 + k₃/9 − k₄/8),   see `adaptive`
//! ```
//!
//! Bogacki and Shampine 1989, <https://doi.org/10.1016/0893-9659(89)90079-7>; the dense output is Hermite's cubic.

use super::adaptive::{Pair, pair};
use crate::registry::About;

pub(crate) const PAIR: Pair = Pair {
    name: "bosh3",
    a: &[&[1.0 / 2.0], &[0.0, 3.0 / 4.0], &[2.0 / 9.0, 1.0 / 3.0, 4.0 / 9.0]],
    c: &[1.0 / 2.0, 3.0 / 4.0, 1.0],
    error: &[-5.0 / 72.0, 1.0 / 12.0, 1.0 / 9.0, -1.0 / 8.0],
    dense: &[],
    power: 3.0,
};

pair! {
    /// Third order, three evaluations for each of its own steps; the grid only says where to look.
    Bosh3: PAIR of order 3,
    About {
        summary: "Bogacki-Shampine 3(2), chooses its own steps by a tolerance",
        paper: "Bogacki and Shampine 1989, https://doi.org/10.1016/0893-9659(89)90079-7",
    }
}
