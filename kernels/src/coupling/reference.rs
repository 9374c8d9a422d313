//! What couplings mean, in plain operations.

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, TensorMetadata};
use burn::prelude::*;

use super::{Direction, sign};
use crate::numbers::Numbers;

/// Output and logarithms, `[rows · features + rows]`.
pub(super) fn coupling<B: Backend>(
    x: FloatTensor<B>,
    parameters: FloatTensor<B>,
    bound: f64,
    direction: Direction,
) -> FloatTensor<B> {
    let [rows, features] = x.shape().dims();
    let whole = Shape::new([rows * features + rows]);
    if rows * features == 0 {
        return B::float_zeros(whole, &x.device(), x.dtype().into());
    }
    let Read { scale, shift, .. } = Read::<B>::of(parameters, bound, direction);
    let (x, stretch) = (Numbers(x), scale.clone().exp());
    let out = match direction {
        Direction::Forward => x * stretch + shift,
        Direction::Inverse => (x - shift) * stretch,
    };
    let both = Numbers::beside(vec![out.shaped(1, rows * features), scale.sum().shaped(1, rows)]);
    B::float_reshape(both.0, whole)
}

/// The gradients of input and parameters. With the direction's sign `σ`, what is multiplied `m` (`x`, or `y − t`), and the gradients `g` of
/// the output and `l` of the logarithm:
///
/// ```text
/// ∂x = g e^σs      ∂r = σ (∂x m + l) (1 − tanh²)      ∂t = g, or −∂x
/// ```
pub(super) fn backward<B: Backend>(
    [x, parameters, gradient]: [FloatTensor<B>; 3],
    bound: f64,
    direction: Direction,
) -> (FloatTensor<B>, FloatTensor<B>) {
    let [rows, features] = x.shape().dims();
    let size = rows * features;
    if size == 0 {
        return (x, parameters);
    }
    let Read { bent, scale, shift } = Read::<B>::of(parameters, bound, direction);
    let gradient = Numbers::<B>(gradient).shaped(1, size + rows);
    let out = gradient.columns(0, size).shaped(rows, features);
    let log = gradient.columns(size, size + rows).shaped(rows, 1).expand(features);
    let (x, dx) = (Numbers(x), &out * scale.exp());
    let (multiplied, dshift) = match direction {
        Direction::Forward => (x, out),
        Direction::Inverse => (x - shift, &dx * -1.0),
    };
    let slope = (&bent * &bent).less() * sign(direction);
    let draw = (&dx * multiplied + log) * slope;
    (dx.0, Numbers::beside(vec![draw, dshift]).0)
}

/// Of the parameters, all `[rows, features]`.
struct Read<B: Backend> {
    /// `tanh(r/c)`.
    bent: Numbers<B>,
    /// `s`; of the inverse, `−s`.
    scale: Numbers<B>,
    shift: Numbers<B>,
}

impl<B: Backend> Read<B> {
    fn of(parameters: FloatTensor<B>, bound: f64, direction: Direction) -> Self {
        let features = parameters.shape()[1] / 2;
        let parameters = Numbers(parameters);
        let bent = (parameters.columns(0, features) * bound.recip()).tanh();
        let scale = &bent * (sign(direction) * bound);
        Self { bent, scale, shift: parameters.columns(features, 2 * features) }
    }
}
