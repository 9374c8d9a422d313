//! Orthogonal maps as products of reflections.
//!
//! ```text
//! H x = x − 2 v (v·x)/(v·v)
//! ```
//!
//! Tomczak and Welling 2016, <https://arxiv.org/abs/1611.09630>.

use burn::prelude::*;

use super::own::dot;

/// Normals of mirrors, each `[1 | batch, features]`.
pub(super) struct Mirrors(Vec<Tensor<2>>);

impl Mirrors {
    /// `count` of them out of a row of `count · features` numbers; where those are zero, the `k`th is an axis, so that none is nothing.
    pub(super) fn new(numbers: &Tensor<2>, count: usize, features: usize) -> Self {
        let mirror = |k: usize| {
            let mut axis = vec![0.0; features];
            axis[k % features] = 1.0;
            let axis = TensorData::new(axis, [1, features]);
            let axis = Tensor::<2>::from_data(axis, (&numbers.device(), numbers.dtype()));
            numbers.clone().narrow(1, k * features, features) + axis
        };
        Self((0..count).map(mirror).collect())
    }

    /// Through the first one first.
    pub(super) fn through(&self, x: Tensor<2>) -> Tensor<2> {
        self.0.iter().fold(x, reflected)
    }

    /// The way back.
    pub(super) fn back(&self, x: Tensor<2>) -> Tensor<2> {
        self.0.iter().rev().fold(x, reflected)
    }
}

fn reflected(x: Tensor<2>, v: &Tensor<2>) -> Tensor<2> {
    let along = dot(&x, v) * 2.0 / dot(v, v).clamp_min(1e-12);
    x - v.clone() * along
}
