//! No average: samples are drawn with the weights as they are.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Averaging;
use crate::Result;
use crate::registry::{About, Member};

/// No average.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct NoAverage {}

impl Member for NoAverage {
    const ABOUT: About = About { summary: "The weights as they are", paper: "-" };
}

impl Averaging for NoAverage {
    fn check(&self) -> Result<()> {
        Ok(())
    }

    fn decays(&self, _step: u64) -> Vec<f64> {
        Vec::new()
    }
}
