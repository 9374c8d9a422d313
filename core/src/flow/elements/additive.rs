//! `y = x + t`.

use burn::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Element, Layout};
use crate::registry::{About, Member};

/// A shift: volumes stay what they are.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Additive {}

impl Member for Additive {
    const ABOUT: About = About {
        summary: "Shift, which keeps volumes: NICE",
        paper: "Dinh et al. 2015, https://arxiv.org/abs/1410.8516, section 3.2",
    };
}

impl Element for Additive {
    fn parameters(&self) -> usize {
        1
    }

    fn layout(&self) -> Layout {
        Layout::ByParameter
    }

    fn normalise(&self, x: Tensor<2>, parameters: Tensor<2>) -> [Tensor<2>; 2] {
        let none = Tensor::zeros([x.dims()[0], 1], (&x.device(), x.dtype()));
        [x + parameters, none]
    }

    fn generate(&self, y: Tensor<2>, parameters: Tensor<2>) -> [Tensor<2>; 2] {
        self.normalise(y, -parameters)
    }
}
