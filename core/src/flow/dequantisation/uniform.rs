//! Any point of the cell alike.

use burn::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Dequantiser, Spread, levels};
use crate::Result;
use crate::config::check::at_least;
use crate::likelihood::Cells;
use crate::nn::{Init, Mode};
use crate::registry::{About, Member};
use crate::samplers::Noise;

/// Uniform noise.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Evenly {
    /// Levels of the data in [-1, 1], such as the 256 of bytes.
    pub levels: u32,
}

impl Default for Evenly {
    fn default() -> Self {
        Self { levels: 256 }
    }
}

impl Member for Evenly {
    const ABOUT: About = About {
        summary: "Uniform within the cell of each level",
        paper: "Theis et al. 2016, https://arxiv.org/abs/1511.01844, section 3.1",
    };
}

impl Dequantiser for Evenly {
    fn cells(&self) -> Option<Cells> {
        Some(levels(self.levels))
    }

    fn build(&self, _shape: &[usize], _init: &Init) -> Result<Box<dyn Spread>> {
        at_least("levels", self.levels as usize, 2)?;
        Ok(Box::new(levels(self.levels)))
    }
}

impl Spread for Cells {
    fn spread(&self, x: Tensor<2>, noise: &Noise, _mode: Mode) -> [Tensor<2>; 2] {
        let [rows, features] = x.dims();
        let log = features as f64 * self.width().ln();
        let log = Tensor::full([rows, 1], log, (&x.device(), x.dtype()));
        [Cells::spread(self, x, noise), log]
    }
}
