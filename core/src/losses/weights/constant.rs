//! The same weight all along.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Scheduled;
use crate::registry::{About, Member};

/// Always 1.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ConstantWeight {}

impl Member for ConstantWeight {
    const ABOUT: About = About { summary: "The same weight all along", paper: "-" };
}

impl Scheduled for ConstantWeight {
    fn at(&self, _step: u64, _steps: u64) -> f64 {
        1.0
    }
}
