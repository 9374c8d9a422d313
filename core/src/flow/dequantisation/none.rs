//! Numbers as they are.

use burn::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Dequantiser, Spread};
use crate::Result;
use crate::likelihood::Cells;
use crate::nn::{Init, Mode};
use crate::registry::{About, Member};
use crate::samplers::Noise;

/// No dequantisation: data are numbers, not levels.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Undivided {}

impl Member for Undivided {
    const ABOUT: About = About { summary: "None: data are numbers and not levels", paper: "-" };
}

impl Dequantiser for Undivided {
    fn cells(&self) -> Option<Cells> {
        None
    }

    fn build(&self, _shape: &[usize], _init: &Init) -> Result<Box<dyn Spread>> {
        Ok(Box::new(AsIs))
    }
}

struct AsIs;

impl Spread for AsIs {
    fn spread(&self, x: Tensor<2>, _noise: &Noise, _mode: Mode) -> [Tensor<2>; 2] {
        let none = Tensor::zeros([x.dims()[0], 1], (&x.device(), x.dtype()));
        [x, none]
    }
}
