//! What elements have in common.

use burn::prelude::*;
use burn::tensor::activation::log_sigmoid;

/// `ln(e − 1)`, of which the softplus is one.
const UNIT: f64 = 0.541_324_854_612_918_1;
/// The least that [`positive`] gives.
const LEAST: f64 = 1e-3;

/// Parameters that stand by number, `[batch, features, parameters]`.
pub(super) fn by_number(x: &Tensor<2>, parameters: Tensor<2>) -> Tensor<3> {
    let [rows, features] = x.dims();
    let own = parameters.dims()[1] / features;
    parameters.reshape([rows, features, own])
}

/// Those of each number from `start` on, so many.
pub(super) fn part(parameters: &Tensor<3>, start: usize, count: usize) -> Tensor<3> {
    parameters.clone().narrow(2, start, count)
}

/// The one at place `at` of each number, `[batch, features]`.
pub(super) fn single(parameters: &Tensor<3>, at: usize) -> Tensor<2> {
    part(parameters, at, 1).squeeze_dim(2)
}

/// `ln(1 + e^x)`.
pub(in crate::flow) fn softplus<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    -log_sigmoid(-x)
}

/// A positive number of any: 1 of 0, and never below a thousandth.
pub(in crate::flow) fn positive<const D: usize>(raw: Tensor<D>) -> Tensor<D> {
    softplus(raw + UNIT) * (1.0 - LEAST) + LEAST
}

/// `count` numbers from `-half` to `half`, `[1, 1, count]`.
pub(in crate::flow) fn spread(count: usize, half: f64, like: &Tensor<2>) -> Tensor<3> {
    let place = |i: usize| if count == 1 { 0.0 } else { half * (2.0 * i as f64 / (count - 1) as f64 - 1.0) };
    constants(&(0..count).map(place).collect::<Vec<_>>(), like)
}

/// Numbers known beforehand, `[1, 1, count]`.
pub(in crate::flow) fn constants(values: &[f64], like: &Tensor<2>) -> Tensor<3> {
    Tensor::from_data(TensorData::new(values.to_vec(), [1, 1, values.len()]), (&like.device(), like.dtype()))
}

/// A function of numbers that gives them with the logarithms of its slopes.
pub(super) type Sloped<'a> = dyn Fn(Tensor<2>) -> [Tensor<2>; 2] + 'a;

/// `f` within `[-bound, bound]`, and its tangents at either end outside.
pub(super) fn continued(x: Tensor<2>, bound: f64, f: &Sloped) -> [Tensor<2>; 2] {
    let within = x.clone().clamp(-bound, bound);
    let [y, log] = f(within.clone());
    [y + (x - within) * log.clone().exp(), log]
}

/// Between which numbers the one lies that [`continued`] takes to `y`.
pub(super) fn bracket(y: &Tensor<2>, bound: f64, f: &Sloped) -> [Tensor<2>; 2] {
    let [low, high] = [-bound, bound].map(|end| {
        let end = y.full_like(end);
        let [value, log] = f(end.clone());
        end + (y.clone() - value) * (-log).exp()
    });
    [low.clamp_max(-bound), high.clamp_min(bound)]
}
