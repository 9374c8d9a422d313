//! Bogacki and Shampine's 3(2) pair: it chooses its steps by the difference between its two methods.
//!
//! Bogacki and Shampine 1989, <https://doi.org/10.1016/0893-9659(89)90079-7>.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Integrator, Table};
use crate::Result;
use crate::config::check::within;
use crate::registry::{About, Member};
use crate::samplers::BOSH3;

/// Third order, three evaluations a step, as many steps as the tolerance asks for.
///
/// One step is taken for the whole batch, and its error read from the device.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Bosh3 {
    /// Error that a step may make, absolute and relative.
    #[schemars(range(min = 1e-10, max = 1.0))]
    pub tolerance: f64,
}

impl Default for Bosh3 {
    fn default() -> Self {
        Self { tolerance: 1e-4 }
    }
}

impl Member for Bosh3 {
    const ABOUT: About = About {
        summary: "Bogacki-Shampine 3(2), adaptive",
        paper: "Bogacki and Shampine 1989, https://doi.org/10.1016/0893-9659(89)90079-7",
    };
}

const TABLE: Table = Table::pair(&BOSH3);

impl Integrator for Bosh3 {
    fn table(&self) -> &'static Table {
        &TABLE
    }
    fn order(&self) -> u32 {
        3
    }
    fn tolerance(&self) -> Option<f64> {
        Some(self.tolerance)
    }
    fn check(&self) -> Result<()> {
        within("tolerance", self.tolerance, 1e-10, 1.0)
    }
}
