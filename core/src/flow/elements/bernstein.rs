//! Bernstein polynomials.
//!
//! ```text
//! y = Σ_k θ_k C(n, k) t^k (1 − t)^(n−k),   t = (x + B)/2B,   θ₀ < θ₁ < … < θ_n
//! ```

use burn::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::shared::{self, bracket, by_number, continued, part, single};
use super::{Element, Layout, root};
use crate::Result;
use crate::config::check::{at_least, at_most, positive};
use crate::nn::over;
use crate::registry::{About, Member};

/// A Bernstein polynomial within `[-B, B]`, and its tangents outside. Where all parameters are zero it is the identity.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Bernstein {
    /// `n`, the degree.
    pub degree: usize,
    /// `B`: the polynomial's range.
    pub bound: f64,
}

impl Default for Bernstein {
    fn default() -> Self {
        Self { degree: 16, bound: 5.0 }
    }
}

impl Member for Bernstein {
    const ABOUT: About = About {
        summary: "Bernstein polynomial with increasing coefficients",
        paper: "Ramasinghe et al. 2021, https://arxiv.org/abs/2102.03509",
    };
}

impl Bernstein {
    /// `θ`, `[batch, features, n + 1]`.
    fn coefficients(&self, parameters: &Tensor<3>) -> Tensor<3> {
        let steps =
            shared::positive(part(parameters, 1, self.degree)) * (2.0 * self.bound / self.degree as f64);
        let start = part(parameters, 0, 1) - self.bound;
        Tensor::cat(vec![start.clone(), start + steps.cumsum(2)], 2)
    }

    /// Within the bounds, by de Casteljau's averages.
    fn within(&self, x: Tensor<2>, theta: &Tensor<3>) -> [Tensor<2>; 2] {
        let t: Tensor<3> = over(x + self.bound, 2.0 * self.bound).unsqueeze_dim(2);
        let mut points = theta.clone();
        for left in (2..=self.degree).rev() {
            let [a, b] = [0, 1].map(|start| part(&points, start, left));
            points = a.clone() + (b - a) * t.clone();
        }
        let [a, b] = [0, 1].map(|at| single(&points, at));
        let slope = (b.clone() - a.clone()) * (self.degree as f64 / (2.0 * self.bound));
        [a.clone() + (b - a) * t.squeeze_dim(2), slope.log()]
    }

    fn value(&self, x: Tensor<2>, theta: &Tensor<3>) -> [Tensor<2>; 2] {
        continued(x, self.bound, &|x| self.within(x, theta))
    }
}

impl Element for Bernstein {
    fn check(&self) -> Result<()> {
        at_least("degree", self.degree, 1)?;
        at_most("degree", self.degree, 99)?;
        positive("bound", self.bound)
    }

    fn parameters(&self) -> usize {
        self.degree + 1
    }

    fn layout(&self) -> Layout {
        Layout::ByNumber
    }

    fn normalise(&self, x: Tensor<2>, parameters: Tensor<2>) -> [Tensor<2>; 2] {
        let theta = self.coefficients(&by_number(&x, parameters));
        let [y, log] = self.value(x, &theta);
        [y, log.sum_dim(1)]
    }

    fn generate(&self, y: Tensor<2>, parameters: Tensor<2>) -> [Tensor<2>; 2] {
        let theta = self.coefficients(&by_number(&y, parameters));
        let between = bracket(&y, self.bound, &|x| self.within(x, &theta));
        let [x, log] = root::inverse(|x, theta| self.value(x, &theta), y, theta, between);
        [x, log.sum_dim(1)]
    }
}
