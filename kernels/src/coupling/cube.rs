//! The same on graphics adapters: forward as many invocations a row as it has numbers, up to a workgroup; backward an invocation a number.

use burn::backend::TensorMetadata;
use burn::backend::tensor::FloatTensor;
use burn::tensor::Shape;
use burn_cubecl::CubeBackend;
use burn_cubecl::cubecl;
use burn_cubecl::cubecl::prelude::*;

use super::{CouplingOps, Direction, reference, sign};
use crate::gpu::{UNITS, fresh, invocations, straight, sum_of_team, tanh, workgroups};

type Primitive = FloatTensor<CubeBackend>;

#[derive(CubeType, CubeLaunch, Clone, Copy)]
struct Told {
    rows: u32,
    features: u32,
    /// `1/c`, and `c` with the direction's sign.
    least: f32,
    most: f32,
}

fn told([rows, features]: [usize; 2], bound: f64, direction: Direction) -> ToldLaunch {
    let most = sign(direction) * bound;
    ToldLaunch::new(rows as u32, features as u32, (1.0 / bound) as f32, most as f32)
}

impl CouplingOps for CubeBackend {
    fn coupling(x: Primitive, parameters: Primitive, bound: f64, direction: Direction) -> Primitive {
        let Some([x, parameters]) = straight([&x, &parameters]) else {
            return reference::coupling::<Self>(x, parameters, bound, direction);
        };
        let [rows, features] = x.shape().dims();
        let both = fresh(&x, Shape::new([rows * features + rows]));
        let team = features.next_power_of_two().min(UNITS as usize) as u32;
        forward::launch(
            &both.client,
            workgroups(rows.div_ceil((UNITS / team) as usize)),
            CubeDim::new_1d(UNITS),
            x.into_tensor_arg(),
            parameters.into_tensor_arg(),
            both.clone().into_tensor_arg(),
            told([rows, features], bound, direction),
            team,
            direction == Direction::Inverse,
        );
        both
    }

    fn coupling_backward(
        x: Primitive,
        parameters: Primitive,
        gradient: Primitive,
        bound: f64,
        direction: Direction,
    ) -> (Primitive, Primitive) {
        let Some([x, parameters, gradient]) = straight([&x, &parameters, &gradient]) else {
            return reference::backward::<Self>([x, parameters, gradient], bound, direction);
        };
        let (dx, dparameters) = (fresh(&x, x.shape()), fresh(&x, parameters.shape()));
        let (count, dim) = invocations(x.shape().num_elements());
        let told = told(x.shape().dims(), bound, direction);
        backward::launch(
            &dx.client,
            count,
            dim,
            x.into_tensor_arg(),
            parameters.into_tensor_arg(),
            gradient.into_tensor_arg(),
            dx.clone().into_tensor_arg(),
            dparameters.clone().into_tensor_arg(),
            told,
            direction == Direction::Inverse,
        );
        (dx, dparameters)
    }
}

/// A team has a row.
#[cube(launch)]
fn forward(
    x: &Tensor<f32>,
    parameters: &Tensor<f32>,
    both: &mut Tensor<f32>,
    told: Told,
    #[comptime] team: u32,
    #[comptime] inverse: bool,
) {
    let row = CUBE_POS as u32 * comptime!(UNITS / team) + UNIT_POS / team;
    let features = told.features;
    let mut sum = 0.0f32;
    let place = UNIT_POS % team;
    let mut i = place;
    while row < told.rows && i < features {
        let number = (row * features + i) as usize;
        let at = number + (row * features) as usize;
        let s = told.most * tanh(parameters[at] * told.least);
        let t = parameters[at + features as usize];
        if comptime!(inverse) {
            both[number] = (x[number] - t) * s.exp();
        } else {
            both[number] = x[number] * s.exp() + t;
        }
        sum += s;
        i += team;
    }
    let mut shared = Shared::<[f32]>::new_slice(comptime!(UNITS as usize));
    let sum = sum_of_team(sum, &mut shared, team);
    if row < told.rows && place == 0u32 {
        both[(told.rows * features + row) as usize] = sum;
    }
}

/// As in the reference.
#[cube(launch)]
fn backward(
    x: &Tensor<f32>,
    parameters: &Tensor<f32>,
    gradient: &Tensor<f32>,
    dx: &mut Tensor<f32>,
    dparameters: &mut Tensor<f32>,
    told: Told,
    #[comptime] inverse: bool,
) {
    let number = ABSOLUTE_POS;
    if number >= x.len() {
        terminate!();
    }
    let features = told.features as usize;
    let row = number / features;
    let at = number + row * features;
    let bent = tanh(parameters[at] * told.least);
    let out = gradient[number];
    let scaled = out * (told.most * bent).exp();
    let mut slope = 1.0f32 - bent * bent;
    let mut multiplied = x[number];
    let mut shift = out;
    if comptime!(inverse) {
        slope = -slope;
        multiplied -= parameters[at + features];
        shift = -scaled;
    }
    dx[number] = scaled;
    dparameters[at] = (scaled * multiplied + gradient[x.len() + row]) * slope;
    dparameters[at + features] = shift;
}
