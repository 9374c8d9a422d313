//! The same on graphics adapters, an invocation a number.

use burn::backend::TensorMetadata;
use burn::backend::tensor::FloatTensor;
use burn_cubecl::CubeBackend;
use burn_cubecl::cubecl;
use burn_cubecl::cubecl::prelude::*;

use super::{CombineOps, reference};
use crate::gpu::{fresh, invocations, straight};

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
