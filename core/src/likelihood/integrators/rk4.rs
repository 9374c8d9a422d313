//! The classical Runge-Kutta method.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Integrator, Table};
use crate::registry::{About, Member};
use crate::samplers::RK4;

/// Fourth order, four evaluations a step.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Rk4 {}

impl Member for Rk4 {
    const ABOUT: About = About {
        summary: "Runge-Kutta, fourth order, four evaluations a step",
        paper: "Kutta 1901, Z. Math. Phys. 46",
    };
}

const TABLE: Table = Table::plain(&RK4);

impl Integrator for Rk4 {
    fn table(&self) -> &'static Table {
        &TABLE
    }
    fn order(&self) -> u32 {
        4
    }
}
