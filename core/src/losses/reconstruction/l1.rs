//! The mean absolute value.

use burn::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Reconstruction;
use crate::registry::{About, Member};

/// The mean absolute value: keeps the median, and sharper edges.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct L1 {}

impl Member for L1 {
    const ABOUT: About = About { summary: "Mean absolute value: sharper edges", paper: "-" };
}

impl Reconstruction for L1 {
    fn cost(&self, x: Tensor<2>, reconstruction: Tensor<2>, _shape: &[usize]) -> Tensor<1> {
        (reconstruction - x).abs().mean()
    }
}
