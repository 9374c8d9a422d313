//! Euler's method: along the slope at the beginning.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Integrator, Table};
use crate::registry::{About, Member};

/// First order, one evaluation a step.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Euler {}

impl Member for Euler {
    const ABOUT: About = About {
        summary: "Euler, first order, one evaluation a step",
        paper: "Euler 1768, Institutiones calculi integralis",
    };
}

const TABLE: Table =
    Table { nodes: &[], stages: &[], weights: &[1.0], error: &[], first_same_as_last: false };

impl Integrator for Euler {
    fn table(&self) -> &'static Table {
        &TABLE
    }
    fn order(&self) -> u32 {
        1
    }
}
