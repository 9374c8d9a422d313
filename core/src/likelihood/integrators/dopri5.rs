//! Dormand and Prince's 5(4) pair: it chooses its steps by the difference between its two methods.
//!
//! Dormand and Prince 1980, Table 2, <https://doi.org/10.1016/0771-050X(80)90013-3>.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Integrator, Table};
use crate::Result;
use crate::config::check::within;
use crate::registry::{About, Member};
use crate::samplers::DOPRI5;

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

const TABLE: Table = Table::pair(&DOPRI5);

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
