//! Heun's method: the mean of the slopes at both ends of an Euler step.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Integrator, Table};
use crate::registry::{About, Member};

/// Second order, two evaluations a step.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Heun {}

impl Member for Heun {
    const ABOUT: About = About {
        summary: "Heun, second order, two evaluations a step",
        paper: "Heun 1900, Z. Math. Phys. 45",
    };
}

const TABLE: Table =
    Table { nodes: &[1.0], stages: &[&[1.0]], weights: &[0.5, 0.5], error: &[], first_same_as_last: false };

impl Integrator for Heun {
    fn table(&self) -> &'static Table {
        &TABLE
    }
    fn order(&self) -> u32 {
        2
    }
}
