//! Part of a sample: the numbers that are known, and zero for the others. To invert it is inpainting.

use burn::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::rows::beside;
use super::Measure;
use crate::registry::{About, Member};
use crate::{Error, Result};

/// Some numbers are known.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Mask {
    /// 1 where a number is known, 0 where not; as many as a sample has.
    pub known: Vec<f64>,
}

impl Member for Mask {
    const ABOUT: About = About { summary: "Some of the numbers: inpainting", paper: "-" };
}

impl Measure for Mask {
    fn width(&self, shape: &[usize]) -> Result<usize> {
        let features = shape.iter().product();
        if self.known.len() != features || !self.known.iter().all(|known| (0.0..=1.0).contains(known)) {
            return Err(Error::config(
                "known",
                format!(
                    "wanted {features} numbers from 0 to 1, as a sample of shape {shape:?}; these are {}",
                    self.known.len()
                ),
            ));
        }
        Ok(features)
    }

    fn apply(&self, x: Tensor<2>, _shape: &[usize]) -> Tensor<2> {
        let known = beside(self.known.clone(), [1, self.known.len()], &x);
        x * known
    }
}
