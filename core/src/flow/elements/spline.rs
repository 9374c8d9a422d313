//! Monotone rational-quadratic splines.

use burn::prelude::*;
use kiln_kernels::spline::{self, Spline};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Element, Layout};
use crate::Result;
use crate::config::check::{at_least, at_most, positive};
use crate::registry::{About, Member};

/// A rational-quadratic spline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RationalQuadratic {
    /// Pieces between knots.
    pub bins: usize,
    /// `B`: the spline lies in `[-B, B]`, and numbers outside stay what they are.
    pub bound: f64,
}

impl Default for RationalQuadratic {
    fn default() -> Self {
        Self { bins: 8, bound: 5.0 }
    }
}

impl Member for RationalQuadratic {
    const ABOUT: About = About {
        summary: "Monotone rational-quadratic spline: neural spline flows",
        paper: "Durkan et al. 2019, https://arxiv.org/abs/1906.04032",
    };
}

impl RationalQuadratic {
    fn spline(&self) -> Spline {
        Spline { bins: self.bins, bound: self.bound, circular: false }
    }
}

impl Element for RationalQuadratic {
    fn check(&self) -> Result<()> {
        at_least("bins", self.bins, 1)?;
        at_most("bins", self.bins, 999)?;
        positive("bound", self.bound)
    }

    fn parameters(&self) -> usize {
        self.spline().parameters()
    }

    fn layout(&self) -> Layout {
        Layout::ByNumber
    }

    fn normalise(&self, x: Tensor<2>, parameters: Tensor<2>) -> [Tensor<2>; 2] {
        let [y, slopes] = spline::forward(x, parameters, &self.spline());
        [y, slopes.sum_dim(1)]
    }

    fn generate(&self, y: Tensor<2>, parameters: Tensor<2>) -> [Tensor<2>; 2] {
        let [x, slopes] = spline::inverse(y, parameters, &self.spline());
        [x, slopes.sum_dim(1)]
    }
}
