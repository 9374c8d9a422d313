//! The same on graphics adapters, an invocation a number.

use burn::backend::TensorMetadata;
use burn::backend::tensor::FloatTensor;
use burn::tensor::Shape;
use burn_cubecl::CubeBackend;
use burn_cubecl::cubecl;
use burn_cubecl::cubecl::prelude::*;

use super::{Direction, Spline, SplineOps, reference};
use crate::gpu::{fresh, invocations, sigmoid, straight};

mod piece;

use piece::{Built, Told, each, find, knot, part_of, place_of, weight};

type Primitive = FloatTensor<CubeBackend>;

impl SplineOps for CubeBackend {
    fn spline(x: Primitive, parameters: Primitive, spline: Spline, direction: Direction) -> Primitive {
        let Some([x, parameters]) = straight([&x, &parameters]) else {
            return reference::spline::<Self>(x, parameters, spline, direction);
        };
        let [rows, features] = x.shape().dims();
        let both = fresh(&x, Shape::new([2, rows, features]));
        let (count, dim) = invocations(rows * features);
        forward::launch(
            &both.client,
            count,
            dim,
            x.into_tensor_arg(),
            parameters.into_tensor_arg(),
            both.clone().into_tensor_arg(),
            spline.told(),
            spline.built(direction),
        );
        both
    }

    fn spline_backward(
        x: Primitive,
        parameters: Primitive,
        gradient: Primitive,
        spline: Spline,
        direction: Direction,
    ) -> (Primitive, Primitive) {
        let Some([x, parameters, gradient]) = straight([&x, &parameters, &gradient]) else {
            return reference::backward::<Self>([x, parameters, gradient], spline, direction);
        };
        let (dx, dparameters) = (fresh(&x, x.shape()), fresh(&x, parameters.shape()));
        let (count, dim) = invocations(x.shape().num_elements());
        backward::launch(
            &dx.client,
            count,
            dim,
            x.into_tensor_arg(),
            parameters.into_tensor_arg(),
            gradient.into_tensor_arg(),
            dx.clone().into_tensor_arg(),
            dparameters.clone().into_tensor_arg(),
            spline.told(),
            spline.built(direction),
        );
        (dx, dparameters)
    }
}

#[cube(launch)]
fn forward(
    x: &Tensor<f32>,
    parameters: &Tensor<f32>,
    both: &mut Tensor<f32>,
    told: Told,
    #[comptime] built: Built,
) {
    let number = ABSOLUTE_POS;
    if number >= x.len() {
        terminate!();
    }
    let place = place_of(x[number], &told, built);
    let begin = number * each(&told, built) as usize;
    let piece = find(place.at, parameters, begin, &told, built);
    let part = part_of(place.at, &piece, knot(piece.left), knot(piece.right), built);
    let mut out = piece.y + piece.h * part.risen;
    let mut log = part.slope.ln();
    if comptime!(built.inverse) {
        out = piece.x + piece.w * part.theta;
        log = -log;
    }
    both[number] = select(place.inside, out + place.turns, x[number]);
    both[number + x.len()] = select(place.inside, log, 0.0f32);
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
    #[comptime] built: Built,
) {
    let number = ABSOLUTE_POS;
    if number >= x.len() {
        terminate!();
    }
    let bins = told.bins;
    let place = place_of(x[number], &told, built);
    let begin = number * each(&told, built) as usize;
    let piece = find(place.at, parameters, begin, &told, built);
    let d0 = knot(piece.left);
    let d1 = knot(piece.right);
    let part = part_of(place.at, &piece, d0, d1, built);
    let (theta, tau, d, m) = (part.theta, part.tau, part.d, 1.0f32 / part.m);
    let s = piece.h / piece.w;
    let q = theta * tau;
    let left = tau * tau;
    let right = theta * theta;
    // Of the logarithm, by x, s, δ₀ and δ₁.
    let bent = (d1 * theta - d0 * tau + s * (tau - theta)) * m - (d0 + d1 - 2.0f32 * s) * (tau - theta) * d;
    let bent = 2.0f32 * bent / piece.w;
    let log_s = 2.0f32 * (q * m + 1.0f32 / s - (left + right) * d);
    let log_left = left * m - 2.0f32 * q * d;
    let log_right = right * m - 2.0f32 * q * d;
    // Of y, by s, δ₀ and δ₁.
    let common = piece.h * (q * d);
    let y_s = common * ((d1 * right - d0 * left) * d);
    let y_left = common * ((s * left + d1 * q) * d);
    let y_right = -common * part.risen;

    let given = gradient[number];
    let mut out = given;
    let mut log = gradient[number + x.len()];
    if comptime!(built.inverse) {
        out = (log * bent - out) / part.slope;
        log = -log;
    }
    let by_x = out * part.slope + log * bent;
    let by_s = (out * y_s + log * log_s) / piece.w;
    let mut input = by_x;
    if comptime!(built.inverse) {
        input = -out;
    }
    dx[number] = select(place.inside, input, given);

    let live = select(place.inside, 1.0f32, 0.0f32);
    let size_w = -(by_x * theta + by_s * s);
    let size_h = out * part.risen + by_s;
    let mean_w = piece.own_w * size_w - piece.before_w * by_x;
    let mean_h = piece.own_h * size_h + piece.before_h * out;
    let (most_w, by_w) = weight(parameters, begin, bins);
    let (most_h, by_h) = weight(parameters, begin + bins as usize, bins);
    for k in 0..bins {
        let at_w = begin + k as usize;
        let at_h = at_w + bins as usize;
        let share_w = (parameters[at_w] - most_w).exp() * by_w * told.share * live;
        let share_h = (parameters[at_h] - most_h).exp() * by_h * told.share * live;
        let by_w = select(k < piece.index, -by_x, select(k == piece.index, size_w, 0.0f32));
        let by_h = select(k < piece.index, out, select(k == piece.index, size_h, 0.0f32));
        dparameters[at_w] = share_w * (by_w - mean_w);
        dparameters[at_h] = share_h * (by_h - mean_h);
    }
    let by_left = (out * y_left + log * log_left) * sigmoid(piece.left) * live;
    let by_right = (out * y_right + log * log_right) * sigmoid(piece.right) * live;
    let slopes = each(&told, built) - 2u32 * bins;
    // Of the knots within; on a circle from the first on, which is the last too.
    let first = bins - slopes;
    for i in 0..slopes {
        let k = i + first;
        let own = select(k == piece.index, by_left, 0.0f32);
        let next = select(k == (piece.index + 1u32) % bins, by_right, 0.0f32);
        dparameters[begin + (2u32 * bins + i) as usize] = own + next;
    }
}
