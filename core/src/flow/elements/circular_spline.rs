//! Rational-quadratic splines on a circle, and a turn of it.

use burn::prelude::*;
use kiln_kernels::spline::{self, Spline};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::shared::{by_number, part, single};
use super::{Element, Layout};
use crate::Result;
use crate::config::check::{at_least, at_most, positive};
use crate::nn::over;
use crate::registry::{About, Member};

/// A spline of angles in `[-B, B)`, whose ends are one point, and a turn. It is for data on circles and tori, over the base `uniform`. Where
/// all parameters are zero it is the identity.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CircularSpline {
    /// Pieces between knots.
    pub bins: usize,
    /// `B`: half the circle's length, `π` for angles.
    pub bound: f64,
}

impl Default for CircularSpline {
    fn default() -> Self {
        Self { bins: 8, bound: std::f64::consts::PI }
    }
}

impl Member for CircularSpline {
    const ABOUT: About = About {
        summary: "Spline of angles: flows on circles and tori",
        paper: "Rezende et al. 2020, https://arxiv.org/abs/2002.02428, section 2.1.2",
    };
}

impl CircularSpline {
    fn spline(&self) -> Spline {
        Spline { bins: self.bins, bound: self.bound, circular: true }
    }

    /// The spline's parameters and the turn.
    fn parts(&self, x: &Tensor<2>, parameters: Tensor<2>) -> (Tensor<2>, Tensor<2>) {
        let [rows, features] = x.dims();
        let (all, own) = (by_number(x, parameters), self.spline().parameters());
        (part(&all, 0, own).reshape([rows, features * own]), single(&all, own))
    }

    /// The same angle in `[-B, B)`.
    fn wrapped(&self, x: Tensor<2>) -> Tensor<2> {
        let turns = over(x.clone().detach() + self.bound, 2.0 * self.bound).floor();
        (x - turns * (2.0 * self.bound)).clamp(-self.bound, self.bound)
    }
}

impl Element for CircularSpline {
    fn check(&self) -> Result<()> {
        at_least("bins", self.bins, 1)?;
        at_most("bins", self.bins, 999)?;
        positive("bound", self.bound)
    }

    fn parameters(&self) -> usize {
        self.spline().parameters() + 1
    }

    fn layout(&self) -> Layout {
        Layout::ByNumber
    }

    fn circle(&self) -> Option<f64> {
        Some(self.bound)
    }

    fn normalise(&self, x: Tensor<2>, parameters: Tensor<2>) -> [Tensor<2>; 2] {
        let (own, turn) = self.parts(&x, parameters);
        let [y, slopes] = spline::forward(x, own, &self.spline());
        [self.wrapped(y + turn), slopes.sum_dim(1)]
    }

    fn generate(&self, y: Tensor<2>, parameters: Tensor<2>) -> [Tensor<2>; 2] {
        let (own, turn) = self.parts(&y, parameters);
        let [x, slopes] = spline::inverse(self.wrapped(y - turn), own, &self.spline());
        [self.wrapped(x), slopes.sum_dim(1)]
    }
}
