//! A blurred picture: the mean of the square around each pixel, of what of it lies inside.
//!
//! `‖A‖²` is 1 away from the edges, whose means are of fewer pixels: in all 1.01 for 28 x 28 pixels and a side of 3.

use burn::prelude::*;
use burn::tensor::module::avg_pool2d;
use burn::tensor::ops::AvgPoolOptions;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Measure, picture};
use crate::registry::{About, Member};
use crate::{Error, Result};

/// Each pixel becomes the mean of its surroundings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Blur {
    /// The side of the square, odd.
    pub size: usize,
}

impl Default for Blur {
    fn default() -> Self {
        Self { size: 3 }
    }
}

impl Member for Blur {
    const ABOUT: About = About { summary: "A blurred picture, by means of squares: deblurring", paper: "-" };
}

impl Measure for Blur {
    fn width(&self, shape: &[usize]) -> Result<usize> {
        let [c, h, w] = picture("blur", shape)?;
        if self.size.is_multiple_of(2) || self.size > h.min(w) {
            let message = format!("wanted an odd number up to {}; this is {}", h.min(w), self.size);
            return Err(Error::config("size", message));
        }
        Ok(c * h * w)
    }

    fn apply(&self, x: Tensor<2>, shape: &[usize]) -> Tensor<2> {
        let [rows, features] = x.dims();
        let (around, inside) = (self.size / 2, false);
        let options = AvgPoolOptions {
            stride: [1; 2],
            padding: [(around, around); 2],
            count_include_pad: inside,
            ..AvgPoolOptions::new([self.size; 2])
        };
        avg_pool2d(x.reshape([rows, shape[0], shape[1], shape[2]]), options).reshape([rows, features])
    }
}
