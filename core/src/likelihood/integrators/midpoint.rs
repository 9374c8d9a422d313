//! The midpoint method: along the slope found half-way.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Integrator, Table};
use crate::registry::{About, Member};
use crate::samplers::MIDPOINT;

/// Second order, two evaluations a step.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Midpoint {}

impl Member for Midpoint {
    const ABOUT: About = About {
        summary: "Midpoint, second order, two evaluations a step",
        paper: "Runge 1895, https://doi.org/10.1007/BF01446807",
    };
}

const TABLE: Table = Table::plain(&MIDPOINT);

impl Integrator for Midpoint {
    fn table(&self) -> &'static Table {
        &TABLE
    }
    fn order(&self) -> u32 {
        2
    }
}
