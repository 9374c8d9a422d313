//! Dormand and Prince's 5(4) pair: it chooses its steps by the difference between its two methods.
//!
//! Dormand and Prince 1980, Table 2, <https://doi.org/10.1016/0771-050X(80)90013-3>.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Integrator, Table};
use crate::Result;
use crate::config::check::within;
use crate::registry::{About, Member};

/// Fifth order, six evaluations a step, as many steps as the tolerance asks for.
///
/// One step is taken for the whole batch, and its error read from the device.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Dopri5 {
    /// Error that a step may make, absolute and relative.
    #[schemars(range(min = 1e-10, max = 1.0))]
    pub tolerance: f64,
}

impl Default for Dopri5 {
    fn default() -> Self {
        Self { tolerance: 1e-4 }
    }
}

impl Member for Dopri5 {
    const ABOUT: About = About {
        summary: "Dormand-Prince 5(4), adaptive",
        paper: "Dormand and Prince 1980, https://doi.org/10.1016/0771-050X(80)90013-3",
    };
}

const WEIGHTS: [f64; 7] =
    [35.0 / 384.0, 0.0, 500.0 / 1113.0, 125.0 / 192.0, -2187.0 / 6784.0, 11.0 / 84.0, 0.0];

const TABLE: Table = Table {
    nodes: &[0.0, 1.0 / 5.0, 3.0 / 10.0, 4.0 / 5.0, 8.0 / 9.0, 1.0, 1.0],
    stages: &[
        &[],
        &[1.0 / 5.0],
        &[3.0 / 40.0, 9.0 / 40.0],
        &[44.0 / 45.0, -56.0 / 15.0, 32.0 / 9.0],
        &[19372.0 / 6561.0, -25360.0 / 2187.0, 64448.0 / 6561.0, -212.0 / 729.0],
        &[9017.0 / 3168.0, -355.0 / 33.0, 46732.0 / 5247.0, 49.0 / 176.0, -5103.0 / 18656.0],
        &[35.0 / 384.0, 0.0, 500.0 / 1113.0, 125.0 / 192.0, -2187.0 / 6784.0, 11.0 / 84.0],
    ],
    weights: &WEIGHTS,
    error: &[
        71.0 / 57600.0,
        0.0,
        -71.0 / 16695.0,
        71.0 / 1920.0,
        -17253.0 / 339_200.0,
        22.0 / 525.0,
        -1.0 / 40.0,
    ],
    first_same_as_last: true,
};

impl Integrator for Dopri5 {
    fn table(&self) -> &'static Table {
        &TABLE
    }
    fn order(&self) -> u32 {
        5
    }
    fn tolerance(&self) -> Option<f64> {
        Some(self.tolerance)
    }
    fn check(&self) -> Result<()> {
        within("tolerance", self.tolerance, 1e-10, 1.0)
    }
}
