//! What a trajectory is, in plain operations: evaluation by evaluation, layer by layer.

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, TensorMetadata};
use burn::prelude::*;
use burn::tensor::Slice;

use super::{Activation, Evaluation, Plan, REGISTERS, SELU_BEND, SELU_SCALE, Stack};
use crate::normals::NormalOps;

/// `[particles, features]` at the end of the course, of the five tensors of the field.
pub(super) fn integrate<B: Backend + NormalOps>(
    x: FloatTensor<B>,
    field: [FloatTensor<B>; 5],
    plan: &Plan,
) -> FloatTensor<B> {
    let none = B::float_zeros(x.shape(), &x.device(), x.dtype().into());
    let mut registers: [FloatTensor<B>; REGISTERS] = std::array::from_fn(|_| none.clone());
    registers[0] = x;
    for (e, evaluation) in plan.course.iter().enumerate() {
        let asked = sum::<B, _>(&registers, evaluation.ask);
        let seen = B::float_mul_scalar(asked.clone(), evaluation.scale.into());
        let answer = answer::<B>(seen, &field, e, plan);
        registers[1..].rotate_right(1);
        registers[1] = sum::<B, _>(&[asked, answer], [evaluation.skip, evaluation.out]);
        registers[0] = noisy::<B>(sum::<B, _>(&registers, evaluation.then), evaluation, plan);
    }
    let [x, ..] = registers;
    x
}

/// `Σ w_i r_i`.
fn sum<B: Backend, const N: usize>(registers: &[FloatTensor<B>; N], weights: [f64; N]) -> FloatTensor<B> {
    let weighed = |(x, w): (&FloatTensor<B>, f64)| B::float_mul_scalar(x.clone(), w.into());
    let mut terms = registers.iter().zip(weights).filter(|(_, w)| *w != 0.0).map(weighed);
    let first = terms.next().unwrap_or_else(|| weighed((&registers[0], 0.0)));
    terms.fold(first, B::float_add)
}

/// `x + w n`.
fn noisy<B: NormalOps>(x: FloatTensor<B>, evaluation: &Evaluation, plan: &Plan) -> FloatTensor<B> {
    let (Some(noise), Some(draws)) = (evaluation.noise, plan.draws) else { return x };
    let noise = B::normals_by_counter(x.clone(), draws, vec![noise]);
    B::float_add(x.clone(), B::float_cast(noise, x.dtype().into()))
}

/// `F_e(u)`.
fn answer<B: Backend>(
    u: FloatTensor<B>,
    field: &[FloatTensor<B>; 5],
    e: usize,
    plan: &Plan,
) -> FloatTensor<B> {
    let [input, hidden, output, biases, output_bias] = field;
    let layers = biases.shape()[1] - 1;
    let row = |layer: usize| chosen::<B>(chosen::<B>(biases.clone(), 0, e), 1, layer);
    let active = |h: &FloatTensor<B>| activated::<B>(h.clone(), plan.activation);
    let mut h = affine::<B>(u, input.clone(), row(0));
    let mut stream = h.clone();
    for i in 0..layers {
        h = affine::<B>(active(&h), matrix::<B>(chosen::<B>(hidden.clone(), 0, i)), row(i + 1));
        if plan.stack == Stack::Residual && i % 2 == 1 {
            h = B::float_add(h, stream);
            stream = h.clone();
        }
    }
    affine::<B>(active(&h), output.clone(), output_bias.clone())
}

/// What lies at a place of a dimension.
fn chosen<B: Backend>(x: FloatTensor<B>, dimension: usize, at: usize) -> FloatTensor<B> {
    let mut slices = vec![Slice::full(); x.shape().num_dims()];
    slices[dimension] = Slice::from(at..at + 1);
    B::float_slice(x, &slices)
}

/// `[1, from, to]` → `[from, to]`.
fn matrix<B: Backend>(x: FloatTensor<B>) -> FloatTensor<B> {
    let [_, from, to] = x.shape().dims();
    B::float_reshape(x, Shape::new([from, to]))
}

/// `x W + b`, of as many numbers in `b` as there are columns.
fn affine<B: Backend>(x: FloatTensor<B>, weights: FloatTensor<B>, bias: FloatTensor<B>) -> FloatTensor<B> {
    let row = Shape::new([1, weights.shape()[1]]);
    B::float_add(B::float_matmul(x, weights), B::float_reshape(bias, row))
}

fn activated<B: Backend>(x: FloatTensor<B>, activation: Activation) -> FloatTensor<B> {
    match activation {
        Activation::Silu => B::float_mul(x.clone(), B::sigmoid(x)),
        Activation::Selu => {
            let above = B::float_clamp_min(x.clone(), 0.0.into());
            let below = B::float_exp(B::float_clamp_max(x, 0.0.into()));
            let below = B::float_mul_scalar(B::float_sub_scalar(below, 1.0.into()), SELU_BEND.into());
            B::float_add(B::float_mul_scalar(above, SELU_SCALE.into()), below)
        }
        Activation::Tanh => B::float_tanh(x),
        Activation::Relu => B::relu(x),
    }
}
