//! The product itself: tiles of both factors in shared memory, sums in registers.

use burn_cubecl::cubecl;
use burn_cubecl::cubecl::prelude::*;

use crate::gpu::sigmoid;

/// Rows and columns of a workgroup.
pub(super) const SIDE: u32 = 64;
/// Invocations along a side.
pub(super) const UNITS: u32 = 16;
/// Rows and columns of an invocation.
pub(super) const OWN: u32 = 4;
/// Terms in shared memory.
pub(super) const DEEP: u32 = 16;

/// Which of the three.
#[derive(Clone, Copy, Debug, Hash, PartialEq, Eq)]
pub(super) enum Pass {
    Forward,
    Input,
    Weights,
}

/// What follows the bias.
#[derive(Clone, Copy, Debug, Default, Hash, PartialEq, Eq)]
pub(super) struct Finish {
    pub(super) silu: bool,
    pub(super) residual: bool,
}

#[derive(CubeType, CubeLaunch, Clone, Copy)]
pub(super) struct Told {
    pub(super) rows: u32,
    pub(super) columns: u32,
    pub(super) terms: u32,
    /// Terms of a part of the sum.
    pub(super) part: u32,
    pub(super) inputs: u32,
    pub(super) outputs: u32,
    pub(super) from_height: u32,
    pub(super) from_width: u32,
    pub(super) to_height: u32,
    pub(super) to_width: u32,
    pub(super) kernel_height: u32,
    pub(super) kernel_width: u32,
    pub(super) stride_height: u32,
    pub(super) stride_width: u32,
}

/// `x` at a channel and tap (`term`) and at a sample and place of the output.
#[cube]
fn looked_up(x: &Tensor<f32>, term: u32, place: u32, inside: bool, told: &Told) -> f32 {
    let taps = told.kernel_height * told.kernel_width;
    let tap = term % taps;
    let area = told.to_height * told.to_width;
    let spot = place % area;
    // Counted from half a kernel outside, so that nothing is below zero.
    let i = spot / told.to_width * told.stride_height + tap / told.kernel_width;
    let j = spot % told.to_width * told.stride_width + tap % told.kernel_width;
    let (above, left) = (told.kernel_height / 2u32, told.kernel_width / 2u32);
    let within =
        inside && i >= above && j >= left && i - above < told.from_height && j - left < told.from_width;
    let channel = place / area * told.inputs + term / taps;
    let at = (channel * told.from_height + i - above) * told.from_width + j - left;
    select(within, x[select(within, at, 0u32) as usize], 0.0f32)
}

/// `g` at an output channel and tap (`term`) and at a sample and place of the input.
#[cube]
fn looked_back(g: &Tensor<f32>, term: u32, place: u32, inside: bool, told: &Told) -> f32 {
    let taps = told.kernel_height * told.kernel_width;
    let tap = term % taps;
    let area = told.from_height * told.from_width;
    let spot = place % area;
    let i = spot / told.from_width + told.kernel_height / 2u32;
    let j = spot % told.from_width + told.kernel_width / 2u32;
    let (down, right) = (tap / told.kernel_width, tap % told.kernel_width);
    let (di, dj) = (i - min(i, down), j - min(j, right));
    let within = inside
        && i >= down
        && j >= right
        && di % told.stride_height == 0u32
        && dj % told.stride_width == 0u32
        && di / told.stride_height < told.to_height
        && dj / told.stride_width < told.to_width;
    let channel = place / area * told.outputs + term / taps;
    let at = (channel * told.to_height + di / told.stride_height) * told.to_width + dj / told.stride_width;
    select(within, g[select(within, at, 0u32) as usize], 0.0f32)
}

/// The entry of the left factor.
#[cube]
fn left(a: &Tensor<f32>, row: u32, term: u32, inside: bool, told: &Told, #[comptime] pass: Pass) -> f32 {
    let taps = told.kernel_height * told.kernel_width;
    let mut at = row * told.terms + term;
    if comptime!(pass == Pass::Input) {
        at = (term / taps * told.inputs + row) * taps + term % taps;
    }
    if comptime!(pass == Pass::Weights) {
        let area = told.to_height * told.to_width;
        at = (term / area * told.outputs + row) * area + term % area;
    }
    let inside = inside && row < told.rows;
    select(inside, a[select(inside, at, 0u32) as usize], 0.0f32)
}

/// The entry of the right factor.
#[cube]
fn right(b: &Tensor<f32>, term: u32, column: u32, inside: bool, told: &Told, #[comptime] pass: Pass) -> f32 {
    let inside = inside && column < told.columns;
    let mut value = 0.0f32;
    if comptime!(pass == Pass::Forward) {
        value = looked_up(b, term, column, inside, told);
    }
    if comptime!(pass == Pass::Input) {
        value = looked_back(b, term, column, inside, told);
    }
    if comptime!(pass == Pass::Weights) {
        value = looked_up(b, column, term, inside, told);
    }
    value
}

/// Where an entry of the product goes.
#[cube]
fn place_of(row: u32, column: u32, told: &Told, #[comptime] pass: Pass) -> u32 {
    let mut at = row * told.columns + column;
    if comptime!(pass == Pass::Forward) {
        let area = told.to_height * told.to_width;
        at = (column / area * told.outputs + row) * area + column % area;
    }
    if comptime!(pass == Pass::Input) {
        let area = told.from_height * told.from_width;
        at = (column / area * told.inputs + row) * area + column % area;
    }
    CUBE_POS_Z * told.rows * told.columns + at
}

#[cube(launch)]
pub(super) fn product(
    a: &Tensor<f32>,
    b: &Tensor<f32>,
    bias: &Tensor<f32>,
    residual: &Tensor<f32>,
    out: &mut Tensor<f32>,
    told: Told,
    #[comptime] pass: Pass,
    #[comptime] finish: Finish,
) {
    let size = comptime!((SIDE * DEEP) as usize);
    let mut lefts = Shared::<[f32]>::new_slice(size);
    let mut rights = Shared::<[f32]>::new_slice(size);
    let mut sums = Array::<f32>::new(comptime!((OWN * OWN) as usize));
    #[unroll]
    for i in 0..comptime!((OWN * OWN) as usize) {
        sums[i] = 0.0f32;
    }
    let (first_row, first_column) = (CUBE_POS_Y * SIDE, CUBE_POS_X * SIDE);
    let begin = CUBE_POS_Z * told.part;
    let end = min(begin + told.part, told.terms);
    let mut from = begin;
    while from < end {
        sync_cube();
        let mut i = UNIT_POS;
        while i < comptime!(SIDE * DEEP) {
            // Neighbours read what lies side by side: terms of the left factor, columns of the right one.
            let (row, deep) = (i / DEEP, i % DEEP);
            let term = from + deep;
            lefts[(deep * SIDE + row) as usize] = left(a, first_row + row, term, term < end, &told, pass);
            let mut deep = i / SIDE;
            let mut column = i % SIDE;
            if comptime!(pass == Pass::Weights) {
                deep = i % DEEP;
                column = i / DEEP;
            }
            let term = from + deep;
            rights[(deep * SIDE + column) as usize] =
                right(b, term, first_column + column, term < end, &told, pass);
            i += comptime!(UNITS * UNITS);
        }
        sync_cube();
        for deep in 0..DEEP {
            let base = (deep * SIDE) as usize;
            let mut columns = Array::<f32>::new(comptime!(OWN as usize));
            #[unroll]
            for j in 0..comptime!(OWN as usize) {
                columns[j] = rights[base + UNIT_POS_X as usize + j * comptime!(UNITS as usize)];
            }
            #[unroll]
            for i in 0..comptime!(OWN as usize) {
                let value = lefts[base + UNIT_POS_Y as usize + i * comptime!(UNITS as usize)];
                #[unroll]
                for j in 0..comptime!(OWN as usize) {
                    sums[i * comptime!(OWN as usize) + j] += value * columns[j];
                }
            }
        }
        from += DEEP;
    }
    #[unroll]
    for i in 0..OWN {
        let row = first_row + UNIT_POS_Y + i * UNITS;
        #[unroll]
        for j in 0..OWN {
            let column = first_column + UNIT_POS_X + j * UNITS;
            if row < told.rows && column < told.columns {
                let mut sum = sums[(i * OWN + j) as usize];
                let place = place_of(row, column, &told, pass) as usize;
                if comptime!(pass == Pass::Forward) {
                    sum += select(CUBE_POS_Z == 0u32, bias[row as usize], 0.0f32);
                }
                if comptime!(finish.silu) {
                    sum *= sigmoid(sum);
                }
                if comptime!(finish.residual) {
                    sum += residual[place];
                }
                out[place] = sum;
            }
        }
    }
}
