//! Affine couplings of normalising flows (Dinh et al. 2017, <https://arxiv.org/abs/1605.08803>, Eq. 7 and 8; Kingma and Dhariwal 2018,
//! <https://arxiv.org/abs/1807.03039>, Table 1): numbers are scaled and shifted by what a network made of others, and the logarithm of the
//! determinant comes of the same pass.
//!
//! ```text
//! s = c tanh(r/c)      y = x e^s + t      ln |dy/dx| = Σ s      x = (y − t) e^−s
//! ```
//!
//! The network's `r` is bounded softly: its slope is 1 at zero, and no number is scaled by more than `e^c` (FrEIA bounds it by `c tanh r`,
//! Zuko by `r / (1 + |r/c|)`). Parameters that are all zero make the identity.

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, Dispatch, backend_extension};
use burn::prelude::*;

pub use crate::direction::Direction;

#[cfg(feature = "gpu")]
mod cube;
#[cfg(feature = "flex")]
mod flex;
mod gradient;
mod reference;
#[cfg(all(test, feature = "flex"))]
mod tests;

/// A `c` that does for most: FrEIA's.
pub const BOUND: f64 = 2.0;

/// `y`, `[rows, features]` as `x` is, and `ln |dy/dx|`, `[rows, 1]`. `parameters` are `[rows, 2 · features]`: first all `r` of a row, then all
/// `t`. `bound` is `c`, above zero.
pub fn forward(x: Tensor<2>, parameters: Tensor<2>, bound: f64) -> [Tensor<2>; 2] {
    through(x, parameters, bound, Direction::Forward)
}

/// `x` and `ln |dx/dy|`, in the same way.
pub fn inverse(y: Tensor<2>, parameters: Tensor<2>, bound: f64) -> [Tensor<2>; 2] {
    through(y, parameters, bound, Direction::Inverse)
}

fn through(x: Tensor<2>, parameters: Tensor<2>, bound: f64, direction: Direction) -> [Tensor<2>; 2] {
    let [rows, features] = x.dims();
    assert!(bound > 0.0, "a bound is above zero, not {bound}");
    assert_eq!(parameters.dims(), [rows, 2 * features], "two parameters for each number");
    if rows * features == 0 {
        let log = Tensor::zeros([rows, 1], (&x.device(), x.dtype()));
        return [x, log];
    }
    let (x, parameters) = (x.into_dispatch(), parameters.into_dispatch());
    let both = <Dispatch as CouplingOps>::coupling(x, parameters, bound, direction);
    split(Tensor::from_dispatch(both), [rows, features])
}

/// Output and logarithms, `[rows, features]` and `[rows, 1]`.
fn split(both: Tensor<1>, [rows, features]: [usize; 2]) -> [Tensor<2>; 2] {
    let size = rows * features;
    [both.clone().slice(0..size).reshape([rows, features]), both.slice(size..size + rows).reshape([rows, 1])]
}

/// Forward `s` is added, back it is taken away.
fn sign(direction: Direction) -> f64 {
    match direction {
        Direction::Forward => 1.0,
        Direction::Inverse => -1.0,
    }
}

/// What a backend has to offer; the bodies here are what it means.
#[backend_extension(Flex: cfg(feature = "flex"), Cube: cfg(feature = "gpu"), Fusion: cfg(feature = "fusion"), Autodiff)]
pub trait CouplingOps: Backend {
    /// [`forward`] or [`inverse`], one after the other: `[rows · features + rows]`.
    #[fusion(dtype = x, shape = Shape::new([x[0] * x[1] + x[0]]))]
    fn coupling(
        x: FloatTensor<Self>,
        parameters: FloatTensor<Self>,
        bound: f64,
        direction: Direction,
    ) -> FloatTensor<Self> {
        reference::coupling::<Self>(x, parameters, bound, direction)
    }

    /// The gradients of `x` and `parameters` from that of the output.
    #[fusion(meta = |x, parameters, _, _, _| (x.clone(), parameters.clone()))]
    fn coupling_backward(
        x: FloatTensor<Self>,
        parameters: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        bound: f64,
        direction: Direction,
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        reference::backward::<Self>([x, parameters, gradient], bound, direction)
    }
}
