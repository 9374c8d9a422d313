//! The same on graphics adapters, an invocation a number.

use burn::backend::TensorMetadata;
use burn::backend::tensor::FloatTensor;
use burn_cubecl::CubeBackend;
use burn_cubecl::cubecl;
use burn_cubecl::cubecl::prelude::*;

use super::{ActivationOps, CUBIC, Gate, STEEP, reference, reference_backward};
use crate::gpu::{fresh, invocations, sigmoid, straight};

type Primitive = FloatTensor<CubeBackend>;

impl ActivationOps for CubeBackend {
    fn gated(x: Primitive, gate: Gate) -> Primitive {
        let Some([x]) = straight([&x]) else { return reference::<Self>(x, gate) };
        let y = fresh(&x, x.shape());
        let (count, dim) = invocations(x.shape().num_elements());
        let client = x.client.clone();
        let gelu = gate == Gate::Gelu;
        forward::launch(&client, count, dim, x.into_tensor_arg(), y.clone().into_tensor_arg(), gelu);
        y
    }

    fn gated_backward(x: Primitive, gradient: Primitive, gate: Gate) -> Primitive {
        let Some([x, gradient]) = straight([&x, &gradient]) else {
            return reference_backward::<Self>(x, gradient, gate);
        };
        let dx = fresh(&x, x.shape());
        let (count, dim) = invocations(x.shape().num_elements());
        let client = x.client.clone();
        backward::launch(
            &client,
            count,
            dim,
            x.into_tensor_arg(),
            gradient.into_tensor_arg(),
            dx.clone().into_tensor_arg(),
            gate == Gate::Gelu,
        );
        dx
    }
}

/// `g(x)/x`.
#[cube]
fn steepness(x: f32, #[comptime] gelu: bool) -> f32 {
    let mut a = 1.0f32;
    if comptime!(gelu) {
        a = comptime!(STEEP as f32) + comptime!((STEEP * CUBIC) as f32) * x * x;
    }
    a
}

#[cube(launch)]
fn forward(x: &Tensor<f32>, y: &mut Tensor<f32>, #[comptime] gelu: bool) {
    let at = ABSOLUTE_POS;
    if at < y.len() {
        let v = x[at];
        y[at] = v * sigmoid(v * steepness(v, gelu));
    }
}

#[cube(launch)]
fn backward(x: &Tensor<f32>, gradient: &Tensor<f32>, dx: &mut Tensor<f32>, #[comptime] gelu: bool) {
    let at = ABSOLUTE_POS;
    if at < dx.len() {
        let v = x[at];
        let s = sigmoid(v * steepness(v, gelu));
        let mut slope = 1.0f32;
        if comptime!(gelu) {
            slope = comptime!(STEEP as f32) + comptime!((3.0 * STEEP * CUBIC) as f32) * v * v;
        }
        dx[at] = gradient[at] * (s * (1.0f32 + v * (1.0f32 - s) * slope));
    }
}
