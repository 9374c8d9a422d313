//! Dormand and Prince's pair of orders 5 and 4, with steps as long as a tolerance allows.
//!
//! ```text
//! x' = x + h Σ b_i k_i (seven stages, the last the next step's first),   e = h Σ (b_i − b̂_i) k_i,   see `adaptive`
//! ```
//!
//! Dormand and Prince 1980, <https://doi.org/10.1016/0771-050X(80)90013-3>; the dense output of fourth order is that of Hairer et al.
//! 1993, program DOPRI5, <https://doi.org/10.1007/978-3-540-78862-1>.

use super::adaptive::{Pair, pair};
use crate::registry::About;

pub(crate) const PAIR: Pair = Pair {
    name: "dopri5",
    a: &[
        &[1.0 / 5.0],
        &[3.0 / 40.0, 9.0 / 40.0],
        &[44.0 / 45.0, -56.0 / 15.0, 32.0 / 9.0],
        &[19372.0 / 6561.0, -25360.0 / 2187.0, 64448.0 / 6561.0, -212.0 / 729.0],
        &[9017.0 / 3168.0, -355.0 / 33.0, 46732.0 / 5247.0, 49.0 / 176.0, -5103.0 / 18656.0],
        &[35.0 / 384.0, 0.0, 500.0 / 1113.0, 125.0 / 192.0, -2187.0 / 6784.0, 11.0 / 84.0],
    ],
    c: &[1.0 / 5.0, 3.0 / 10.0, 4.0 / 5.0, 8.0 / 9.0, 1.0, 1.0],
    error: &[
        71.0 / 57600.0,
        0.0,
        -71.0 / 16695.0,
        71.0 / 1920.0,
        -17253.0 / 339_200.0,
        22.0 / 525.0,
        -1.0 / 40.0,
    ],
    dense: &[
        -12_715_105_075.0 / 11_282_082_432.0,
        0.0,
        87_487_479_700.0 / 32_700_410_799.0,
        -10_690_763_975.0 / 1_880_347_072.0,
        701_980_252_875.0 / 199_316_789_632.0,
        -1_453_857_185.0 / 822_651_844.0,
        69_997_945.0 / 29_380_423.0,
    ],
    power: 5.0,
};

pair! {
    /// Fifth order, six evaluations for each of its own steps; the grid only says where to look.
    Dopri5: PAIR of order 5,
    About {
        summary: "Dormand-Prince 5(4), chooses its own steps by a tolerance",
        paper: "Dormand and Prince 1980, https://doi.org/10.1016/0771-050X(80)90013-3",
    }
}
