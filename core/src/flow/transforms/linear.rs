//! An invertible linear map of the channels at each place: of a point's numbers, and of pictures a convolution of 1x1.
//!
//! ```text
//! z = W x,   W = P L (U + diag s),   ln |det| = h w Σ ln |s|
//! ```
//!
//! Kingma and Dhariwal 2018, <https://arxiv.org/abs/1807.03039>, section 3.2, Eq. 10. `W` is at first a rotation, which fixes the permutation `P` and
//! the signs of `s`.

use burn::module::Param;
use burn::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Transform;
use super::rotation::{Factors, rotation};
use crate::Result;
use crate::flow::{Built, Map, Place};
use crate::nn::{Init, Mode};
use crate::random::{Key, Purpose};
use crate::registry::{About, Member};

/// An invertible linear map of the channels.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct InvertibleLinear {
    /// Seed of the rotation that it begins with, another one at each place.
    pub seed: u64,
}

impl Member for InvertibleLinear {
    const ABOUT: About = About {
        summary: "Invertible linear map of the channels by its LU factors; of pictures, a convolution of 1x1",
        paper: "Kingma and Dhariwal 2018, https://arxiv.org/abs/1807.03039, section 3.2",
    };
}

impl Transform for InvertibleLinear {
    fn build(&self, place: &Place, init: &Init) -> Result<Built> {
        let [channels, numbers] = place.channels();
        let key = Key::new(self.seed, Purpose::Weights, place.number as u64).draw(1);
        let Factors { rows, lu, signs } = Factors::of(rotation(channels, key));
        let values = TensorData::new(lu.concat(), [channels, channels]).convert::<f32>();
        let factors = Param::from_tensor(Tensor::from_data(values, init.device()));
        Ok(Built::same(Mixed { factors, rows, signs, numbers }, place))
    }
}

#[derive(Module, Debug)]
struct Mixed {
    /// Below the diagonal `L`, above it `U`, on it `ln |s|`.
    factors: Param<Tensor<2>>,
    /// `P`: row `i` of `L U` is row `rows[i]` of `W`.
    #[module(skip)]
    rows: Vec<usize>,
    #[module(skip)]
    signs: Vec<f64>,
    /// In each channel.
    numbers: usize,
}

impl Mixed {
    fn channels(&self) -> usize {
        self.rows.len()
    }

    /// `I`.
    fn one(&self, like: &Tensor<2>) -> Tensor<2> {
        Tensor::<2>::eye(self.channels(), &like.device()).cast(like.dtype())
    }

    /// `ln |s|`, `[channels, 1]`.
    fn logs(&self) -> Tensor<2> {
        let factors = self.factors.val();
        (factors.clone() * self.one(&factors)).sum_dim(1)
    }

    /// `L` and `U + diag s`.
    fn triangles(&self) -> [Tensor<2>; 2] {
        let factors = self.factors.val();
        let one = self.one(&factors);
        let signs = TensorData::new(self.signs.clone(), [self.channels(), 1]);
        let signs = Tensor::<2>::from_data(signs, (&factors.device(), factors.dtype()));
        let lower = factors.clone().tril(-1) + one.clone();
        [lower, factors.triu(1) + one * (self.logs().exp() * signs)]
    }

    /// `P` times a matrix.
    fn permuted(&self, matrix: Tensor<2>) -> Tensor<2> {
        let mut back = vec![0; self.channels()];
        self.rows.iter().enumerate().for_each(|(from, to)| back[*to] = from);
        crate::flow::partition::taken(matrix, 0, &back)
    }

    /// `W`, `[channels, channels]`.
    fn matrix(&self) -> Tensor<2> {
        let [lower, upper] = self.triangles();
        self.permuted(lower.matmul(upper))
    }

    /// `W⁻¹ = (U + diag s)⁻¹ L⁻¹ Pᵀ`.
    fn inverse(&self) -> Tensor<2> {
        let [lower, upper] = self.triangles();
        let order: Vec<usize> = (0..self.channels()).collect();
        let lower = solved(&lower, &order);
        let upper = solved(&upper, &order.into_iter().rev().collect::<Vec<_>>());
        // The columns of L⁻¹ Pᵀ are those of L⁻¹ in W's order: W⁻¹ᵀ has them as rows.
        self.permuted(upper.matmul(lower).transpose()).transpose()
    }

    /// `matrix x` at each place.
    fn apply(&self, x: Tensor<2>, matrix: Tensor<2>) -> Tensor<2> {
        let ([batch, features], channels) = (x.dims(), self.channels());
        let places = x.reshape([batch, channels, self.numbers]).swap_dims(1, 2);
        let mixed = places.reshape([batch * self.numbers, channels]).matmul(matrix.transpose());
        mixed.reshape([batch, self.numbers, channels]).swap_dims(1, 2).reshape([batch, features])
    }

    /// `h w Σ ln |s|`, for each row.
    fn log(&self, rows: usize) -> Tensor<2> {
        (self.logs().sum() * self.numbers as f64).unsqueeze::<2>().expand([rows, 1])
    }
}

/// The inverse of a triangular matrix by substitution: its rows in this order, each by those before it.
fn solved(triangle: &Tensor<2>, order: &[usize]) -> Tensor<2> {
    let channels = order.len();
    let one = Tensor::<2>::eye(channels, &triangle.device()).cast(triangle.dtype());
    let mut found = triangle.zeros_like();
    for row in order {
        let line = triangle.clone().narrow(0, *row, 1);
        let pivot = line.clone().narrow(1, *row, 1);
        let solved = (one.clone().narrow(0, *row, 1) - line.matmul(found.clone())) / pivot;
        found = found.slice_assign([*row..*row + 1, 0..channels], solved);
    }
    found
}

impl Map for Mixed {
    fn normalise(&self, x: Tensor<2>, _told: Option<&Tensor<2>>, _mode: Mode) -> [Tensor<2>; 2] {
        let log = self.log(x.dims()[0]);
        [self.apply(x, self.matrix()), log]
    }

    fn generate(&self, z: Tensor<2>, _told: Option<&Tensor<2>>) -> [Tensor<2>; 2] {
        let log = -self.log(z.dims()[0]);
        [self.apply(z, self.inverse()), log]
    }
}
