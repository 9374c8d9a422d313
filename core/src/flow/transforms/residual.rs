//! Invertible residual networks.
//!
//! ```text
//! z = x + g(x),   Lip g < 1,   ln det (I + J) = Σ_k (−1)^(k+1) tr Jᵏ / k
//! ```
//!
//! Behrmann et al. 2019, <https://arxiv.org/abs/1811.00995>; Chen et al. 2019, <https://arxiv.org/abs/1906.02735>. Each weight is divided by
//! a bound of its largest singular value where that is too large: the norm of Schatten
//!
//! ```text
//! σ ≤ (tr (WᵀW)^(2^(k+1)))^(1/2^(k+2)),
//! ```
//!
//! by squaring, which is nowhere too small, at most a few hundredths too large, and needs no memory of steps before, as power iteration
//! would.

use burn::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Transform;
use super::own::dot;
use super::smooth::{Layer, Pass, Perceptron, Smooth, layers};
use crate::Result;
use crate::config::check::{at_least, not_empty, within};
use crate::flow::{Built, Map, Place};
use crate::nn::{Init, Mode, over};
use crate::random::{Key, Purpose};
use crate::registry::{About, Member};

/// An invertible residual block. The inverse is found by iterating `x ← z − g(x)`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Residual {
    /// Width of each hidden layer.
    pub hidden: Vec<usize>,
    /// What the Lipschitz constant of `g` stays below.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub contraction: f64,
    /// While learning, the determinant is computed for rows of at most so many numbers, and estimated by the series for longer ones, without
    /// bias. Otherwise it is computed for rows of at most 64 numbers, and that of longer ones is an estimate of one probe.
    pub exact: usize,
    /// Iterations of the inverse.
    pub iterations: usize,
}

impl Default for Residual {
    fn default() -> Self {
        Self { hidden: vec![64, 64], contraction: 0.9, exact: 8, iterations: 100 }
    }
}

impl Member for Residual {
    const ABOUT: About = About {
        summary: "Invertible residual block: a contraction added to the row",
        paper: "Behrmann et al. 2019, https://arxiv.org/abs/1811.00995; Chen et al. 2019, https://arxiv.org/abs/1906.02735",
    };
}

impl Transform for Residual {
    fn build(&self, place: &Place, init: &Init) -> Result<Built> {
        not_empty("hidden", &self.hidden)?;
        self.hidden.iter().try_for_each(|width| at_least("hidden", *width, 1))?;
        within("contraction", self.contraction, 0.0, 0.999)?;
        at_least("iterations", self.iterations, 1)?;
        let layers = layers(place.features(), &self.hidden, place.told, init);
        Ok(Built::same(Block { layers, config: self.clone(), number: place.number }, place))
    }
}

#[derive(Module, Debug)]
struct Block {
    layers: Vec<Layer>,
    #[module(skip)]
    config: Residual,
    number: usize,
}

/// Squarings for the bound of a singular value.
const SQUARINGS: usize = 5;
/// Terms of the series that are always taken while learning; each further one follows in half of all cases.
const CERTAIN: usize = 4;
/// Rows of at most so many numbers are judged exactly.
const EXACT: usize = 64;
/// Terms of the series otherwise.
const TERMS: usize = 30;

impl Block {
    fn network(&self, told: Option<&Tensor<2>>) -> Perceptron {
        let share = self.config.contraction.powf(1.0 / self.layers.len() as f64);
        let layer = |layer: &Layer| {
            let weight = layer.weight.val();
            let shrink = (singular(&weight).recip() * share).clamp_max(1.0);
            (weight * shrink, layer.bias(told))
        };
        Perceptron { layers: self.layers.iter().map(layer).collect(), smooth: Smooth::LipSwish }
    }

    /// `ln det (I + J)`.
    fn log_det(&self, g: &Perceptron, pass: &Pass, mode: Mode) -> Tensor<2> {
        let [rows, features] = pass.value.dims();
        let exact = if mode == Mode::Infer { self.config.exact.max(EXACT) } else { self.config.exact };
        if features <= exact {
            return eliminated(g.jacobian(pass));
        }
        let (key, rows, weights) = match mode {
            Mode::Train(key) => {
                let key = key.draw(key.draw + 4096 + self.number as u32);
                (key, rows, roulette(key))
            }
            // The same for every row, wherever in a batch it stands.
            Mode::Infer => (Key::new(self.number as u64, Purpose::Metric, 0), 1, vec![1.0; TERMS]),
        };
        let v = key.normal_rows(rows, features, &pass.value.device()).cast(pass.value.dtype());
        series(g, pass, v.expand(pass.value.dims()), &weights)
    }
}

/// A bound of the largest singular value, `[1, 1]`.
fn singular(weight: &Tensor<2>) -> Tensor<2> {
    let [inputs, outputs] = weight.dims();
    let other = weight.clone().transpose();
    let mut gram = if inputs < outputs { weight.clone().matmul(other) } else { other.matmul(weight.clone()) };
    let mut log = Tensor::zeros([1, 1], (&weight.device(), weight.dtype()));
    for k in 0..=SQUARINGS {
        let norm = gram.clone().square().sum().clamp_min(1e-30).sqrt().reshape([1, 1]);
        log = log + over(norm.clone().log(), f64::from(1 << k));
        gram = gram / norm;
        gram = gram.clone().matmul(gram);
    }
    (log * 0.5).exp()
}

/// `ln det (I + J)` by elimination: no pivot is near zero, as `J` contracts.
fn eliminated(jacobian: Tensor<3>) -> Tensor<2> {
    let [rows, features, _] = jacobian.dims();
    let one = Tensor::<2>::eye(features, &jacobian.device()).cast(jacobian.dtype());
    let mut matrix = jacobian + one.unsqueeze_dim(0);
    let mut log = Tensor::zeros([rows, 1], (&matrix.device(), matrix.dtype()));
    for left in (0..features).rev() {
        // What is at 0 along an axis, or what comes after.
        let part = |i: usize, j: usize| {
            let count = |at: usize| if at == 0 { 1 } else { left };
            matrix.clone().narrow(1, i, count(i)).narrow(2, j, count(j))
        };
        let pivot = part(0, 0);
        log = log + pivot.clone().squeeze_dim::<2>(2).log();
        if left > 0 {
            matrix = part(1, 1) - part(1, 0) * part(0, 1) / pivot;
        }
    }
    log
}

/// The weights of terms of which the later ones are taken by chance: one over the chance.
fn roulette(key: Key) -> Vec<f64> {
    let mut stream = key.stream();
    let mut weights = vec![1.0; CERTAIN];
    let mut chance = 1.0;
    while weights.len() < 64 && stream.uniform() < 0.5 {
        chance *= 0.5;
        weights.push(1.0 / chance);
    }
    weights
}

/// `Σ_k c_k (−1)^(k+1) vᵀ Jᵏ v / k`.
fn series(g: &Perceptron, pass: &Pass, v: Tensor<2>, weights: &[f64]) -> Tensor<2> {
    let mut power = v.clone();
    let mut sum = Tensor::zeros([v.dims()[0], 1], (&v.device(), v.dtype()));
    for (i, weight) in weights.iter().enumerate() {
        let sign = if i % 2 == 0 { 1.0 } else { -1.0 };
        power = g.push(pass, power);
        sum = sum + dot(&v, &power) * (sign * weight / (i + 1) as f64);
    }
    sum
}

impl Map for Block {
    fn normalise(&self, x: Tensor<2>, told: Option<&Tensor<2>>, mode: Mode) -> [Tensor<2>; 2] {
        let g = self.network(told);
        let pass = g.at(x.clone());
        let log = self.log_det(&g, &pass, mode);
        [x + pass.value, log]
    }

    fn generate(&self, z: Tensor<2>, told: Option<&Tensor<2>>) -> [Tensor<2>; 2] {
        let g = self.network(told);
        let x = (0..self.config.iterations).fold(z.clone(), |x, _| z.clone() - g.at(x).value);
        let log = self.log_det(&g, &g.at(x.clone()), Mode::Infer);
        [x, -log]
    }
}

#[cfg(test)]
mod tests;
