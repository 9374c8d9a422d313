//! Sylvester bijections, of orthogonal matrices made of reflections.
//!
//! ```text
//! z = x + Q R tanh(R̃ Qᵀx + b),   ln |det| = Σ_i ln (1 + r_ii r̃_ii tanh′),   R, R̃ upper triangular, |r_ii|, |r̃_ii| < 1
//! ```

use burn::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Transform;
use super::householder::Mirrors;
use super::own::Own;
use crate::Result;
use crate::config::check::at_least;
use crate::flow::elements::root;
use crate::flow::{Built, Map, Place};
use crate::nn::{Init, Mode};
use crate::registry::{About, Member};

/// A Sylvester bijection: a planar one of several directions. The inverse solves for them one by one, from the last.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Sylvester {
    /// Directions; no more than numbers in a row are taken.
    pub units: usize,
}

impl Default for Sylvester {
    fn default() -> Self {
        Self { units: 8 }
    }
}

impl Member for Sylvester {
    const ABOUT: About = About {
        summary: "Sylvester bijection: a planar one of several orthogonal directions",
        paper: "van den Berg et al. 2018, https://arxiv.org/abs/1803.05649",
    };
}

impl Transform for Sylvester {
    fn build(&self, place: &Place, init: &Init) -> Result<Built> {
        at_least("units", self.units, 1)?;
        let features = place.features();
        let units = self.units.min(features);
        let own = Own::new(units * (features + units + 3), 0.3, place, &init.at("own"));
        Ok(Built::same(Directions { own, features, units }, place))
    }
}

#[derive(Module, Debug)]
struct Directions {
    own: Own,
    features: usize,
    units: usize,
}

struct Parts {
    mirrors: Mirrors,
    /// What is above the diagonals of `R` and `R̃`, `[1 | batch, units, units]`.
    above: [Tensor<3>; 2],
    /// The diagonals, `[1 | batch, units]`.
    diagonals: [Tensor<2>; 2],
    b: Tensor<2>,
}

/// No diagonal number is larger.
const MOST: f64 = 0.99;

impl Directions {
    fn parts(&self, told: Option<&Tensor<2>>) -> Parts {
        let (own, units) = (self.own.of(told), self.units);
        let mirrors = Mirrors::new(&own, units, self.features);
        let from = |start: usize, count: usize| own.clone().narrow(1, units * self.features + start, count);
        // One square holds both: what is above its diagonal, and what is below.
        let square = from(0, units * units).reshape([own.dims()[0], units, units]);
        let above = [square.clone().triu(1), square.tril(-1).swap_dims(1, 2)];
        let line = |k: usize| from(units * units + k * units, units);
        Parts { mirrors, above, diagonals: [0, 1].map(|k| line(k).tanh() * MOST), b: line(2) }
    }

    /// `Qᵀx`, `[batch, units]`.
    fn onto(&self, x: Tensor<2>, parts: &Parts) -> Tensor<2> {
        parts.mirrors.through(x).narrow(1, 0, self.units)
    }

    /// `Q a`.
    fn out(&self, a: Tensor<2>, parts: &Parts) -> Tensor<2> {
        let rest = Tensor::zeros([a.dims()[0], self.features - self.units], (&a.device(), a.dtype()));
        parts.mirrors.back(Tensor::cat(vec![a, rest], 1))
    }

    /// `tanh(R̃ a + b)` and `Q R tanh(R̃ a + b)`.
    fn push(&self, a: Tensor<2>, parts: &Parts) -> [Tensor<2>; 2] {
        let times = |i: usize, a: Tensor<2>| {
            let above = (parts.above[i].clone() * a.clone().unsqueeze_dim(1)).sum_dim(2).squeeze_dim::<2>(2);
            above + parts.diagonals[i].clone() * a
        };
        let h = (times(1, a) + parts.b.clone()).tanh();
        [h.clone(), self.out(times(0, h), parts)]
    }
}

/// `a + r tanh(r̃ a + s)` of `p = [r, r̃, s]`, and the logarithm of its slope.
fn along(a: Tensor<2>, p: Tensor<2>) -> [Tensor<2>; 2] {
    let [r, other, s] = [0, 1, 2].map(|i| p.clone().narrow(1, i, 1));
    let h = (other.clone() * a.clone() + s).tanh();
    [a + r.clone() * h.clone(), (r * other * (-h.square() + 1.0) + 1.0).log()]
}

impl Map for Directions {
    fn normalise(&self, x: Tensor<2>, told: Option<&Tensor<2>>, _mode: Mode) -> [Tensor<2>; 2] {
        let parts = self.parts(told);
        let [h, push] = self.push(self.onto(x.clone(), &parts), &parts);
        let [r, other] = parts.diagonals;
        [x + push, (r * other * (-h.square() + 1.0) + 1.0).log().sum_dim(1)]
    }

    fn generate(&self, z: Tensor<2>, told: Option<&Tensor<2>>) -> [Tensor<2>; 2] {
        let parts = self.parts(told);
        let c = self.onto(z.clone(), &parts);
        let rows = c.dims()[0];
        let zero = Tensor::zeros([rows, 1], (&c.device(), c.dtype()));
        let (mut a, mut h) = (vec![zero.clone(); self.units], vec![zero.clone(); self.units]);
        let mut log = zero.clone();
        for i in (0..self.units).rev() {
            let at = |k: usize, j: usize| {
                let row = parts.above[k].clone().narrow(1, i, 1).narrow(2, j, 1);
                row.reshape([-1, 1])
            };
            let sum = |k: usize, of: &[Tensor<2>]| {
                (i + 1..self.units).fold(zero.clone(), |sum, j| sum + at(k, j) * of[j].clone())
            };
            let column = |line: &Tensor<2>| line.clone().narrow(1, i, 1);
            let s = sum(1, &a) + column(&parts.b);
            let [r, other] = parts.diagonals.each_ref().map(|line| column(line) + zero.clone());
            let y = column(&c) - sum(0, &h);
            let between = [y.clone() - r.clone().abs(), y.clone() + r.clone().abs()];
            let p = Tensor::cat(vec![r, other.clone(), s.clone()], 1);
            let [found, more] = root::inverse(along, y, p, between);
            h[i] = (other * found.clone() + s).tanh();
            a[i] = found;
            log = log + more;
        }
        let [_, push] = self.push(Tensor::cat(a, 1), &parts);
        [z - push, log]
    }
}
