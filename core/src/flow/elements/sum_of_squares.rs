//! Polynomials whose slope is a sum of squares.
//!
//! ```text
//! y = c + ∫₀ˣ 0.01 + Σ_k p_k(t/B)² dt   within [−B, B], and the tangents outside
//! ```

use burn::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::shared::{bracket, by_number, constants, continued, part, single};
use super::{Element, Layout, root};
use crate::Result;
use crate::config::check::{at_least, at_most, positive};
use crate::nn::over;
use crate::registry::{About, Member};

/// A sum-of-squares polynomial. Where all parameters are zero it is the identity to a hundredth: the squares must differ from each other to
/// learn to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SumOfSquares {
    /// How many squares.
    pub squares: usize,
    /// Degree of what is squared.
    pub degree: usize,
    /// `B`: the polynomial's range, beyond which its tangents lead on.
    pub bound: f64,
}

impl Default for SumOfSquares {
    fn default() -> Self {
        Self { squares: 2, degree: 3, bound: 5.0 }
    }
}

impl Member for SumOfSquares {
    const ABOUT: About = About {
        summary: "Polynomial with a sum of squares as its slope: SOS flows",
        paper: "Jaini et al. 2019, https://arxiv.org/abs/1905.02325",
    };
}

/// The least slope.
const LEAST: f64 = 0.01;
/// What tells the squares apart at first.
const APART: f64 = 0.1;

impl SumOfSquares {
    /// Where the coefficients start: the first square is a constant, each other one has a power of its own.
    fn starts(&self) -> Vec<f64> {
        let mut starts = vec![0.0; self.squares * (self.degree + 1)];
        starts[0] = (1.0 - LEAST).sqrt();
        (1..self.squares).for_each(|k| starts[k * (self.degree + 1) + k.min(self.degree)] = APART);
        starts
    }

    /// Coefficients of the slope as a polynomial of `x/B`, each `[batch, features]`.
    fn slope(&self, parameters: &Tensor<3>, like: &Tensor<2>) -> Vec<Tensor<2>> {
        let terms = self.degree + 1;
        let [rows, features, _] = parameters.dims();
        let own = part(parameters, 0, self.squares * terms) + constants(&self.starts(), like);
        let own = own.reshape([rows, features, self.squares, terms]);
        let at = |j: usize| own.clone().narrow(3, j, 1).reshape([rows, features, self.squares]);
        let product = |m: usize| {
            let pairs = (m.saturating_sub(self.degree)..=m.min(self.degree)).map(|j| at(j) * at(m - j));
            pairs.reduce(|a, b| a + b).expect("a pair").sum_dim(2).squeeze_dim::<2>(2)
        };
        let mut slope: Vec<_> = (0..=2 * self.degree).map(product).collect();
        slope[0] = slope[0].clone() + LEAST;
        slope
    }

    /// Within the bounds.
    fn within(&self, x: &Tensor<2>, parameters: &Tensor<3>) -> [Tensor<2>; 2] {
        let (slope, t) = (self.slope(parameters, x), over(x.clone(), self.bound));
        let mut integral = x.zeros_like();
        let mut value = x.zeros_like();
        for (m, coefficient) in slope.into_iter().enumerate().rev() {
            integral = integral * t.clone() + over(coefficient.clone(), (m + 1) as f64);
            value = value * t.clone() + coefficient;
        }
        let shift = single(parameters, self.squares * (self.degree + 1));
        [integral * x.clone() + shift, value.log()]
    }

    fn value(&self, x: Tensor<2>, parameters: &Tensor<3>) -> [Tensor<2>; 2] {
        continued(x, self.bound, &|x| self.within(&x, parameters))
    }
}

impl Element for SumOfSquares {
    fn check(&self) -> Result<()> {
        at_least("squares", self.squares, 1)?;
        at_least("degree", self.degree, 1)?;
        at_most("degree", self.degree, 16)?;
        positive("bound", self.bound)
    }

    fn parameters(&self) -> usize {
        self.squares * (self.degree + 1) + 1
    }

    fn layout(&self) -> Layout {
        Layout::ByNumber
    }

    fn normalise(&self, x: Tensor<2>, parameters: Tensor<2>) -> [Tensor<2>; 2] {
        let own = by_number(&x, parameters);
        let [y, log] = self.value(x, &own);
        [y, log.sum_dim(1)]
    }

    fn generate(&self, y: Tensor<2>, parameters: Tensor<2>) -> [Tensor<2>; 2] {
        let own = by_number(&y, parameters);
        let between = bracket(&y, self.bound, &|x| self.within(&x, &own));
        let [x, log] = root::inverse(|x, own| self.value(x, &own), y, own, between);
        [x, log.sum_dim(1)]
    }
}
