//! `y = x e^s + t`, with `s` softly bounded.

use burn::prelude::*;
use kiln_kernels::coupling;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Element, Layout};
use crate::Result;
use crate::config::check::positive;
use crate::registry::{About, Member};

/// A scale and a shift.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Affine {
    /// `c`: no number is scaled by more than `e^c`; `s = c tanh(r/c)`.
    pub bound: f64,
}

impl Default for Affine {
    fn default() -> Self {
        Self { bound: coupling::BOUND }
    }
}

impl Member for Affine {
    const ABOUT: About = About {
        summary: "Scale and shift: RealNVP, MAF, IAF, Glow",
        paper: "Dinh et al. 2017, https://arxiv.org/abs/1605.08803, Eq. 7",
    };
}

impl Element for Affine {
    fn check(&self) -> Result<()> {
        positive("bound", self.bound)
    }

    fn parameters(&self) -> usize {
        2
    }

    fn layout(&self) -> Layout {
        Layout::ByParameter
    }

    fn normalise(&self, x: Tensor<2>, parameters: Tensor<2>) -> [Tensor<2>; 2] {
        coupling::forward(x, parameters, self.bound)
    }

    fn generate(&self, y: Tensor<2>, parameters: Tensor<2>) -> [Tensor<2>; 2] {
        coupling::inverse(y, parameters, self.bound)
    }
}
