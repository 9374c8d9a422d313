//! The same on graphics adapters, an invocation a number.

use burn::backend::TensorMetadata;
use burn::backend::ops::FloatTensorOps;
use burn::backend::tensor::FloatTensor;
use burn_cubecl::CubeBackend;
use burn_cubecl::cubecl;
use burn_cubecl::cubecl::prelude::*;

use super::step::{self, Output, StepOps, Told};
use super::{CombineOps, reference};
use crate::gpu::{fresh, invocations, straight};
use crate::normals::cube::{Stream, block_of_words, normal, table};
use crate::normals::{Draws, NormalOps};

type Primitive = FloatTensor<CubeBackend>;

#[derive(CubeType, CubeLaunch, Clone, Copy)]
struct Weights {
    a: f32,
    b: f32,
    c: f32,
    d: f32,
    e: f32,
    f: f32,
}

impl CombineOps for CubeBackend {
    fn weighted_sum(
        a: Primitive,
        b: Primitive,
        c: Primitive,
        d: Primitive,
        e: Primitive,
        f: Primitive,
        weights: Vec<f64>,
    ) -> Primitive {
        let tensors = [a, b, c, d, e, f];
        let one_shape = tensors.iter().all(|x| x.shape() == tensors[0].shape());
        let Some(terms) = straight(tensors.each_ref()).filter(|_| one_shape) else {
            return reference::<Self>(tensors, &weights);
        };
        let sum = fresh(&terms[0], terms[0].shape());
        let (count, dim) = invocations(sum.shape().num_elements());
        let weight = |i: usize| weights.get(i).map_or(0.0, |weight| *weight as f32);
        let [a, b, c, d, e, f] = terms.map(Primitive::into_tensor_arg);
        weighted::launch(
            &sum.client,
            count,
            dim,
            a,
            b,
            c,
            d,
            e,
            f,
            sum.clone().into_tensor_arg(),
            WeightsLaunch::new(weight(0), weight(1), weight(2), weight(3), weight(4), weight(5)),
            weights.len(),
        );
        sum
    }
}

#[cube(launch)]
fn weighted(
    a: &Tensor<f32>,
    b: &Tensor<f32>,
    c: &Tensor<f32>,
    d: &Tensor<f32>,
    e: &Tensor<f32>,
    f: &Tensor<f32>,
    sum: &mut Tensor<f32>,
    weights: Weights,
    #[comptime] terms: usize,
) {
    let at = ABSOLUTE_POS;
    if at >= sum.len() {
        terminate!();
    }
    let mut value = a[at] * weights.a;
    if comptime!(terms > 1) {
        value += b[at] * weights.b;
    }
    if comptime!(terms > 2) {
        value += c[at] * weights.c;
    }
    if comptime!(terms > 3) {
        value += d[at] * weights.d;
    }
    if comptime!(terms > 4) {
        value += e[at] * weights.e;
    }
    if comptime!(terms > 5) {
        value += f[at] * weights.f;
    }
    sum[at] = value;
}

/// What a step is made with, numbers of the host.
#[derive(CubeType, CubeLaunch, Clone, Copy)]
struct Taken {
    estimate: Weights,
    beside: Weights,
    share: f32,
    low: f32,
    high: f32,
    /// Of the noise.
    weight: f32,
    stream: Stream,
    /// Numbers in a row, and fours in it.
    features: u32,
    blocks: u32,
}

/// What of it a kernel is built for.
#[derive(Clone, Copy, Debug, Hash, PartialEq, Eq)]
struct Built {
    terms: usize,
    bounded: bool,
    noisy: bool,
}

impl StepOps for CubeBackend {
    fn step(a: Primitive, b: Primitive, c: Primitive, d: Primitive, told: Told) -> (Primitive, Primitive) {
        let tensors = [a, b, c, d];
        let one_shape = tensors.iter().all(|x| x.shape() == tensors[0].shape());
        let Some(terms) = straight(tensors.each_ref()).filter(|_| one_shape) else {
            return apart(tensors, &told);
        };
        let shape = terms[0].shape();
        let [rows, features] = shape.dims();
        // Noise is drawn in fours of a row; all else is one long row.
        let features = if told.noise.is_some() { features } else { rows * features };
        let z = fresh(&terms[0], shape.clone());
        let blocks = features.div_ceil(4);
        let (count, dim) = invocations(shape.num_elements() / features * blocks);
        let told_draws = told.noise.map_or(NONE, |(_, draws)| draws);
        let taken = TakenLaunch::new(
            weights(&told.estimate),
            weights(&told.beside),
            told.share as f32,
            told.bounds.map_or(0.0, |[low, _]| low as f32),
            told.bounds.map_or(0.0, |[_, high]| high as f32),
            told.noise.map_or(0.0, |(weight, _)| weight as f32),
            told_draws.launch(),
            features as u32,
            blocks as u32,
        );
        let built =
            Built { terms: told.estimate.len(), bounded: told.bounds.is_some(), noisy: told.noise.is_some() };
        let table = table(&z.client, &z.device).into_tensor_arg();
        let [a, b, c, d] = terms.each_ref().map(|x| x.clone().into_tensor_arg());
        let out = z.clone().into_tensor_arg();
        if told.result == Output::Last {
            last::launch(&z.client, count, dim, a, b, c, d, table, out, taken, built);
            return (z.clone(), z);
        }
        let y = fresh(&z, shape);
        both::launch(
            &z.client,
            count,
            dim,
            a,
            b,
            c,
            d,
            table,
            y.clone().into_tensor_arg(),
            out,
            taken,
            built,
        );
        (y, z)
    }
}

const NONE: Draws = Draws { seed: [0; 2], first: [0; 3], rows: 0, features: 0 };

/// By the reference, and noise added after it.
fn apart(tensors: [Primitive; 4], told: &Told) -> (Primitive, Primitive) {
    let on = tensors[0].clone();
    let (y, z) = step::reference::<CubeBackend>(tensors, told);
    let Some((weight, draws)) = told.noise else { return (y, z) };
    let dtype = z.dtype.into();
    let noise = CubeBackend::normals_by_counter(on, draws, vec![(draws.first[0], weight)]);
    let z = <CubeBackend as FloatTensorOps<_>>::float_add(z, CubeBackend::float_cast(noise, dtype));
    (y, z)
}

fn weights(of: &[f64]) -> WeightsLaunch {
    let weight = |i: usize| of.get(i).map_or(0.0, |weight| *weight as f32);
    WeightsLaunch::new(weight(0), weight(1), weight(2), weight(3), weight(4), weight(5))
}

#[cube(launch)]
fn last(
    a: &Tensor<f32>,
    b: &Tensor<f32>,
    c: &Tensor<f32>,
    d: &Tensor<f32>,
    table: &Tensor<u32>,
    z: &mut Tensor<f32>,
    taken: Taken,
    #[comptime] built: Built,
) {
    let at = ABSOLUTE_POS as u32;
    let begin = first_of(at, &taken) as usize;
    if begin >= z.len() {
        terminate!();
    }
    let fresh = drawn(table, at, &taken, built);
    for i in 0..width_of(at, &taken) {
        let at = begin + i as usize;
        let y = estimate_at(a, b, c, d, at, &taken, built);
        z[at] = rest_at(a, b, c, d, at, &taken, built) + taken.share * y + fresh[i as usize];
    }
}

#[cube(launch)]
fn both(
    a: &Tensor<f32>,
    b: &Tensor<f32>,
    c: &Tensor<f32>,
    d: &Tensor<f32>,
    table: &Tensor<u32>,
    y: &mut Tensor<f32>,
    z: &mut Tensor<f32>,
    taken: Taken,
    #[comptime] built: Built,
) {
    let at = ABSOLUTE_POS as u32;
    let begin = first_of(at, &taken) as usize;
    if begin >= z.len() {
        terminate!();
    }
    let fresh = drawn(table, at, &taken, built);
    for i in 0..width_of(at, &taken) {
        let at = begin + i as usize;
        let estimate = estimate_at(a, b, c, d, at, &taken, built);
        y[at] = estimate;
        z[at] = rest_at(a, b, c, d, at, &taken, built) + taken.share * estimate + fresh[i as usize];
    }
}

/// Where an invocation's numbers begin.
#[cube]
fn first_of(at: u32, taken: &Taken) -> u32 {
    at / taken.blocks * taken.features + 4u32 * (at % taken.blocks)
}

/// How many they are.
#[cube]
fn width_of(at: u32, taken: &Taken) -> u32 {
    min(taken.features - 4u32 * (at % taken.blocks), 4u32)
}

#[cube]
fn estimate_at(
    a: &Tensor<f32>,
    b: &Tensor<f32>,
    c: &Tensor<f32>,
    d: &Tensor<f32>,
    at: usize,
    taken: &Taken,
    #[comptime] built: Built,
) -> f32 {
    let mut sum = summed(a, b, c, d, at, &taken.estimate, comptime!(built.terms));
    if comptime!(built.bounded) {
        sum = clamp(sum, taken.low, taken.high);
    }
    sum
}

#[cube]
fn rest_at(
    a: &Tensor<f32>,
    b: &Tensor<f32>,
    c: &Tensor<f32>,
    d: &Tensor<f32>,
    at: usize,
    taken: &Taken,
    #[comptime] built: Built,
) -> f32 {
    summed(a, b, c, d, at, &taken.beside, comptime!(built.terms))
}

#[cube]
fn summed(
    a: &Tensor<f32>,
    b: &Tensor<f32>,
    c: &Tensor<f32>,
    d: &Tensor<f32>,
    at: usize,
    weights: &Weights,
    #[comptime] terms: usize,
) -> f32 {
    let mut value = a[at] * weights.a;
    if comptime!(terms > 1) {
        value += b[at] * weights.b;
    }
    if comptime!(terms > 2) {
        value += c[at] * weights.c;
    }
    if comptime!(terms > 3) {
        value += d[at] * weights.d;
    }
    value
}

/// A block of noise, weighed; zeros where there is none.
#[cube]
fn drawn(table: &Tensor<u32>, at: u32, taken: &Taken, #[comptime] built: Built) -> Array<f32> {
    let mut numbers = Array::<f32>::new(4usize);
    #[unroll]
    for word in 0..4usize {
        numbers[word] = 0.0f32;
    }
    if comptime!(built.noisy) {
        let words = block_of_words(&taken.stream, taken.stream.draw, at / taken.blocks, at % taken.blocks);
        #[unroll]
        for word in 0..4usize {
            numbers[word] = taken.weight * normal(table, words[word]);
        }
    }
    numbers
}
