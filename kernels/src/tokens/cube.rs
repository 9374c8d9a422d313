//! The same on graphics adapters, a workgroup a row.

use burn::backend::TensorMetadata;
use burn::backend::tensor::FloatTensor;
use burn::tensor::Shape;
use burn_cubecl::CubeBackend;
use burn_cubecl::cubecl;
use burn_cubecl::cubecl::prelude::*;

use super::{Keep, NEVER, TokenOps, width};
use crate::gpu::{UNITS, fresh, most_of_units, straight, sum_of_units, workgroups};
use crate::normals::Draws;
use crate::normals::cube::{Stream, block_of_words};

type Primitive = FloatTensor<CubeBackend>;

impl TokenOps for CubeBackend {
    fn kept(logs: Primitive, keep: Keep) -> Primitive {
        let width = width(&logs);
        let Some([logs]) = straight([&logs]) else { return logs };
        let kept = fresh(&logs, logs.shape());
        let rows = logs.shape()[0];
        keep_kernel::launch(
            &logs.client.clone(),
            workgroups(rows),
            CubeDim::new_1d(UNITS),
            logs.into_tensor_arg(),
            kept.clone().into_tensor_arg(),
            rows as u32,
            width as u32,
            keep.temperature as f32,
            if keep.top_k == 0 { width } else { keep.top_k.min(width) } as f32,
            keep.top_p as f32,
            keep.min_p as f32,
        );
        kept
    }

    fn drawn(logs: Primitive, draws: Draws) -> Primitive {
        let width = width(&logs);
        let tokens = fresh(&logs, Shape::new([draws.rows, draws.features]));
        let Some([logs]) = straight([&logs]) else { return tokens };
        draw_kernel::launch(
            &logs.client.clone(),
            workgroups(draws.rows * draws.features),
            CubeDim::new_1d(UNITS),
            logs.into_tensor_arg(),
            tokens.clone().into_tensor_arg(),
            draws.launch(),
            width as u32,
            draws.features as u32,
        );
        tokens
    }
}

#[cube]
fn most_of_row(logs: &Tensor<f32>, begin: usize, width: u32, shared: &mut Shared<[f32]>) -> f32 {
    let mut most = comptime!(f32::MIN).runtime();
    let mut i = UNIT_POS;
    while i < width {
        most = max(most, logs[begin + i as usize]);
        i += UNITS;
    }
    most_of_units(most, shared)
}

/// How many weights are at least `least`, or what they come to.
#[cube]
fn at_least(
    logs: &Tensor<f32>,
    begin: usize,
    width: u32,
    least: f32,
    most: f32,
    temperature: f32,
    shared: &mut Shared<[f32]>,
    #[comptime] counted: bool,
) -> f32 {
    let mut own = 0.0f32;
    let mut i = UNIT_POS;
    while i < width {
        let weight = ((logs[begin + i as usize] - most) / temperature).exp();
        let mut part = weight;
        if comptime!(counted) {
            part = 1.0f32;
        }
        own += select(weight >= least, part, 0.0f32);
        i += UNITS;
    }
    sum_of_units(own, shared)
}

/// The greatest bound above which there is still as much as is wanted.
#[cube]
fn greatest(
    logs: &Tensor<f32>,
    begin: usize,
    width: u32,
    wanted: f32,
    most: f32,
    temperature: f32,
    shared: &mut Shared<[f32]>,
    #[comptime] counted: bool,
) -> f32 {
    let mut low = 0u32;
    let mut high = 0x3F80_0001u32;
    // As many as halve the numbers from 0 to 1.
    for _halving in 0..31u32 {
        let middle = low + (high - low) / 2u32;
        let mass = at_least(logs, begin, width, f32::reinterpret(middle), most, temperature, shared, counted);
        let enough = mass >= wanted;
        low = select(enough, middle, low);
        high = select(enough, high, middle);
    }
    f32::reinterpret(low)
}

#[cube(launch)]
fn keep_kernel(
    logs: &Tensor<f32>,
    kept: &mut Tensor<f32>,
    rows: u32,
    width: u32,
    temperature: f32,
    top_k: f32,
    top_p: f32,
    min_p: f32,
) {
    let row = CUBE_POS as u32;
    if row >= rows {
        terminate!();
    }
    let mut shared = Shared::<[f32]>::new_slice(comptime!(UNITS as usize));
    let begin = (row * width) as usize;
    let most = most_of_row(logs, begin, width, &mut shared);
    let mut least = 0.0f32;
    if top_k < f32::cast_from(width) {
        least = greatest(logs, begin, width, top_k, most, temperature, &mut shared, true);
    }
    if top_p < 1.0f32 {
        let mass = at_least(logs, begin, width, least, most, temperature, &mut shared, false);
        let bound = greatest(logs, begin, width, mass * top_p, most, temperature, &mut shared, false);
        least = max(least, bound);
    }
    least = max(least, min_p);
    let total = at_least(logs, begin, width, least, most, temperature, &mut shared, false);
    let shift = most / temperature + total.ln();
    let mut i = UNIT_POS;
    while i < width {
        let log = logs[begin + i as usize];
        let weight = ((log - most) / temperature).exp();
        kept[begin + i as usize] =
            select(weight >= least, log / temperature - shift, comptime!(NEVER as f32).runtime());
        i += UNITS;
    }
}

#[cube(launch)]
fn draw_kernel(logs: &Tensor<f32>, tokens: &mut Tensor<f32>, stream: Stream, width: u32, features: u32) {
    let at = CUBE_POS as u32;
    if at as usize >= tokens.len() {
        terminate!();
    }
    let mut shared = Shared::<[f32]>::new_slice(comptime!(UNITS as usize));
    let begin = (at * width) as usize;
    let most = most_of_row(logs, begin, width, &mut shared);
    // Each has a part of the vocabulary, and knows what all before him come to.
    let part = (width - 1u32) / UNITS + 1u32;
    let first = min(UNIT_POS * part, width);
    let end = min(first + part, width);
    let mut own = 0.0f32;
    for i in first..end {
        own += (logs[begin + i as usize] - most).exp();
    }
    sync_cube();
    shared[UNIT_POS as usize] = own;
    sync_cube();
    let mut total = 0.0f32;
    let mut before = 0.0f32;
    for unit in 0..UNITS {
        before = select(unit == UNIT_POS, total, before);
        total += shared[unit as usize];
    }
    let place = at % features;
    let words = block_of_words(&stream, stream.draw, at / features, place / 4u32);
    let u = f32::cast_from(words[(place % 4u32) as usize] >> 8u32) * comptime!(1.0f32 / 16_777_216.0f32);
    let wanted = u * total;
    if own > 0.0f32 && before <= wanted && wanted < before + own {
        let mut sum = before;
        let mut token = first;
        let mut found = false;
        for i in first..end {
            let weight = (logs[begin + i as usize] - most).exp();
            sum += weight;
            // Rounding may leave the sum short of its part: then the last that weighs something.
            token = select(!found && weight > 0.0f32, i, token);
            found = found || sum > wanted;
        }
        tokens[at as usize] = f32::cast_from(token);
    }
}
