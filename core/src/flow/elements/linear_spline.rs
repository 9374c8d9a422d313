//! Piecewise-linear distribution functions.
//!
//! ```text
//! y = −B + Σ_j h_j clamp(t − j, 0, 1),   t = K (x + B)/2B,   h = 2B softmax
//! ```

use burn::prelude::*;
use burn::tensor::activation::softmax;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::shared::{by_number, constants, part};
use super::{Element, Layout};
use crate::Result;
use crate::config::check::{at_least, at_most, positive};
use crate::nn::over;
use crate::registry::{About, Member};

/// A piecewise-linear spline with bins of equal width. Where all parameters are zero it is the identity.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LinearSpline {
    /// Pieces between knots.
    pub bins: usize,
    /// `B`: the spline lies in `[-B, B]`, and numbers outside stay what they are.
    pub bound: f64,
}

impl Default for LinearSpline {
    fn default() -> Self {
        Self { bins: 16, bound: 5.0 }
    }
}

impl Member for LinearSpline {
    const ABOUT: About = About {
        summary: "Piecewise-linear spline: neural importance sampling",
        paper: "Müller et al. 2019, https://arxiv.org/abs/1808.03856, section 4.1",
    };
}

/// What a bin has at least, beside all.
const LEAST: f64 = 1e-3;

impl LinearSpline {
    fn width(&self) -> f64 {
        2.0 * self.bound / self.bins as f64
    }

    /// `h`, `[batch, features, bins]`.
    fn heights(&self, x: &Tensor<2>, parameters: Tensor<2>) -> Tensor<3> {
        let shares = softmax(by_number(x, parameters), 2);
        (shares * (1.0 - LEAST * self.bins as f64) + LEAST) * (2.0 * self.bound)
    }

    /// `ln dy/dx` of a row, by how much of each bin lies below: a number is in the last that is not empty.
    fn log_slopes(&self, x: &Tensor<2>, filled: &Tensor<3>, heights: Tensor<3>) -> Tensor<2> {
        let inside = x.clone().abs().lower_elem(self.bound);
        let begun = filled.clone().detach().greater_elem(0.0).float().cast(x.dtype());
        let ended = Tensor::cat(vec![part(&begun, 1, self.bins - 1), begun.zeros_like().narrow(2, 0, 1)], 2);
        let slope = over(((begun - ended) * heights).sum_dim(2).squeeze_dim(2), self.width());
        slope.ones_like().mask_where(inside, slope).log().sum_dim(1)
    }
}

/// What is outside stays.
fn outside(x: &Tensor<2>, bound: f64) -> Tensor<2> {
    x.clone() - x.clone().clamp(-bound, bound)
}

impl Element for LinearSpline {
    fn check(&self) -> Result<()> {
        at_least("bins", self.bins, 2)?;
        at_most("bins", self.bins, 999)?;
        positive("bound", self.bound)
    }

    fn parameters(&self) -> usize {
        self.bins
    }

    fn layout(&self) -> Layout {
        Layout::ByNumber
    }

    fn normalise(&self, x: Tensor<2>, parameters: Tensor<2>) -> [Tensor<2>; 2] {
        let heights = self.heights(&x, parameters);
        let knots: Vec<f64> = (0..self.bins).map(|j| j as f64).collect();
        let t = over(x.clone().clamp(-self.bound, self.bound) + self.bound, self.width());
        let filled = (t.unsqueeze_dim(2) - constants(&knots, &x)).clamp(0.0, 1.0);
        let y = (filled.clone() * heights.clone()).sum_dim(2).squeeze_dim(2) - self.bound;
        let log = self.log_slopes(&x, &filled, heights);
        [y + outside(&x, self.bound), log]
    }

    fn generate(&self, y: Tensor<2>, parameters: Tensor<2>) -> [Tensor<2>; 2] {
        let heights = self.heights(&y, parameters);
        let starts = heights.clone().cumsum(2) - heights.clone();
        let above = y.clone().clamp(-self.bound, self.bound) + self.bound;
        let filled = ((above.unsqueeze_dim(2) - starts) / heights.clone()).clamp(0.0, 1.0);
        let x = filled.clone().sum_dim(2).squeeze_dim(2) * self.width() - self.bound;
        let log = self.log_slopes(&y, &filled, heights);
        [x + outside(&y, self.bound), -log]
    }
}
