//! The mean square.

use burn::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Reconstruction;
use crate::registry::{About, Member};

/// The mean square: keeps the mean of what a latent cannot tell apart.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct L2 {}

impl Member for L2 {
    const ABOUT: About = About { summary: "Mean square", paper: "-" };
}

impl Reconstruction for L2 {
    fn cost(&self, x: Tensor<2>, reconstruction: Tensor<2>, _shape: &[usize]) -> Tensor<1> {
        (reconstruction - x).square().mean()
    }
}
