//! Ralston's method: of the second-order methods with two stages, that of the least error bound.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Integrator, Table};
use crate::registry::{About, Member};
use crate::samplers::RALSTON;

/// Second order, two evaluations a step.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Ralston {}

impl Member for Ralston {
    const ABOUT: About = About {
        summary: "Ralston, second order with the least error bound",
        paper: "Ralston 1962, https://doi.org/10.1090/S0025-5718-1962-0150954-0",
    };
}

const TABLE: Table = Table::plain(&RALSTON);

impl Integrator for Ralston {
    fn table(&self) -> &'static Table {
        &TABLE
    }
    fn order(&self) -> u32 {
        2
    }
}
