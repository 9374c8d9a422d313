//! A smaller picture: the mean of each square of `factor × factor` pixels. To invert it is super-resolution.

use burn::prelude::*;
use burn::tensor::module::avg_pool2d;
use burn::tensor::ops::AvgPoolOptions;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Measure, picture};
use crate::Result;
use crate::config::check::{at_least, divisible};
use crate::registry::{About, Member};

/// Squares of pixels become one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Shrink {
    /// The side of a square.
    pub factor: usize,
}

impl Default for Shrink {
    fn default() -> Self {
        Self { factor: 2 }
    }
}

impl Member for Shrink {
    const ABOUT: About =
        About { summary: "A smaller picture, by means of squares: super-resolution", paper: "-" };
}

impl Measure for Shrink {
    fn width(&self, shape: &[usize]) -> Result<usize> {
        let [c, h, w] = picture("shrink", shape)?;
        at_least("factor", self.factor, 1)?;
        for side in [h, w] {
            divisible("factor", side, self.factor, "the factor")?;
        }
        Ok(c * (h / self.factor) * (w / self.factor))
    }

    fn apply(&self, x: Tensor<2>, shape: &[usize]) -> Tensor<2> {
        let rows = x.dims()[0];
        let x = x.reshape([rows, shape[0], shape[1], shape[2]]);
        avg_pool2d(x, AvgPoolOptions::new([self.factor; 2])).reshape([rows as i32, -1])
    }

    /// Each mean has `f²` weights of `1/f²`, and no two share a pixel.
    fn gain(&self) -> f64 {
        1.0 / (self.factor * self.factor) as f64
    }
}
