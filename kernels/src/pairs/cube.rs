//! The same on graphics adapters: a workgroup has 64 rows of `x` and meets 32 rows of `y` at a time, an invocation four of them and two.
//!
//! Sixteen numbers of each row lie in shared memory at a time. Who looks for neighbours has the sums of a tile there too: an invocation a
//! row then reads through them, and keeps the nearest in registers.

use burn::backend::TensorMetadata;
use burn::backend::ops::FloatTensorOps;
use burn::backend::tensor::FloatTensor;
use burn::tensor::{Shape, TensorData};
use burn_cubecl::CubeBackend;
use burn_cubecl::cubecl;
use burn_cubecl::cubecl::prelude::*;

use super::{FAR, Kernel, PairOps, Pairs, Search, reference};
use crate::gpu::{DEEP, LINE, ROUNDS, fresh, load_rows, straight, workgroups};

type Primitive = FloatTensor<CubeBackend>;

/// Invocations along a side of a workgroup.
const SIDE: u32 = 16;
/// Rows of an invocation, and columns.
const OWN: [u32; 2] = [4, 2];
/// Rows of a workgroup, and columns of a tile.
const ROWS: u32 = SIDE * OWN[0];
const COLUMNS: u32 = SIDE * OWN[1];
/// From one row of a tile to the next: one more, so that rows begin in different banks.
const TILE: u32 = COLUMNS + 1;
/// Rounds in which an invocation brings its part of those numbers there, and the one that this is.
const LOADS: usize = ((ROWS + COLUMNS) * DEEP / (SIDE * SIDE)) as usize + 1;
/// Tiles whose sums are added before they are added to the rest: long sums lose fewer digits.
const TILES: u32 = 32;

#[derive(CubeType, CubeLaunch, Clone, Copy)]
struct Told {
    rows: u32,
    columns: u32,
    dim: u32,
    /// Columns of this launch.
    begin: u32,
    end: u32,
    /// Whether a row is not paired with itself.
    distinct: u32,
}

/// Workgroups and what they are told, for each launch; an invocation has so many rounds a tile beside those of the sums.
fn launches(
    [x, y]: [&Primitive; 2],
    pairs: Pairs,
    rounds: usize,
) -> impl Iterator<Item = (CubeCount, CubeDim, ToldLaunch)> {
    let ([n, dim], rows) = (x.shape().dims(), y.shape()[0]);
    let distinct = u32::from(pairs == Pairs::Distinct);
    let tile = dim.div_ceil(DEEP as usize) * LOADS + rounds;
    let part = (ROUNDS / tile).max(1) * COLUMNS as usize;
    (0..rows).step_by(part).map(move |begin| {
        let end = (begin + part).min(rows) as u32;
        let told = ToldLaunch::new(n as u32, rows as u32, dim as u32, begin as u32, end, distinct);
        (workgroups(n.div_ceil(ROWS as usize)), CubeDim::new_2d(SIDE, SIDE), told)
    })
}

/// What a kernel is built for.
#[derive(Clone, Copy, Debug, Hash, PartialEq, Eq)]
enum Kind {
    Gaussian,
    InverseMultiquadric,
    Polynomial,
    Distance,
}

impl PairOps for CubeBackend {
    fn nearest_rows(x: Primitive, y: Primitive, search: Search) -> Primitive {
        let Some([x, y]) = straight([&x, &y]) else {
            return reference::nearest::<Self>(x, y, search);
        };
        let found = fresh(&x, Shape::new([2, x.shape()[0], search.k]));
        for (count, dim, told) in launches([&x, &y], search.pairs, COLUMNS as usize) {
            nearest::launch(
                &x.client,
                count,
                dim,
                x.clone().into_tensor_arg(),
                y.clone().into_tensor_arg(),
                found.clone().into_tensor_arg(),
                told,
                search.k,
            );
        }
        found
    }

    fn kernel_means(x: Primitive, y: Primitive, kernel: Kernel, pairs: Pairs) -> Primitive {
        let Some([x, y]) = straight([&x, &y]) else {
            return reference::kernel_means::<Self>(x, y, &kernel, pairs);
        };
        let kind = match kernel {
            Kernel::Gaussian(_) => Kind::Gaussian,
            Kernel::InverseMultiquadric(_) => Kind::InverseMultiquadric,
            Kernel::Polynomial => Kind::Polynomial,
            Kernel::Distance => Kind::Distance,
        };
        // A kernel that has no parameters is told of one that it does not read.
        let mut parameters = kernel.parameters();
        parameters.resize(parameters.len().max(1), 0.0);
        let size = parameters.len();
        let parameters = Self::float_from_data(TensorData::new(parameters, [size]), &x.device);
        let means = fresh(&x, Shape::new([x.shape()[0]]));
        let rounds = size * (OWN[0] * OWN[1]) as usize;
        for (count, dim, told) in launches([&x, &y], pairs, rounds) {
            sums::launch(
                &x.client,
                count,
                dim,
                x.clone().into_tensor_arg(),
                y.clone().into_tensor_arg(),
                parameters.clone().into_tensor_arg(),
                means.clone().into_tensor_arg(),
                told,
                kind,
            );
        }
        means
    }
}

/// The squares or products of an invocation's rows and columns, summed.
#[cube]
fn tile(
    x: &Tensor<f32>,
    y: &Tensor<f32>,
    first_row: u32,
    first_column: u32,
    told: &Told,
    xs: &mut Shared<[f32]>,
    ys: &mut Shared<[f32]>,
    #[comptime] products: bool,
) -> Array<f32> {
    let mut sums = Array::<f32>::new(comptime!((OWN[0] * OWN[1]) as usize));
    #[unroll]
    for i in 0..comptime!((OWN[0] * OWN[1]) as usize) {
        sums[i] = 0.0f32;
    }
    let mut deep = 0u32;
    while deep < told.dim {
        sync_cube();
        load_rows(x, first_row, told.rows, deep, told.dim, xs, ROWS, comptime!(SIDE * SIDE));
        load_rows(y, first_column, told.end, deep, told.dim, ys, COLUMNS, comptime!(SIDE * SIDE));
        sync_cube();
        #[unroll]
        for at in 0..DEEP {
            let mut columns = Array::<f32>::new(comptime!(OWN[1] as usize));
            #[unroll]
            for j in 0..comptime!(OWN[1]) {
                columns[j as usize] = ys[((UNIT_POS_X + j * SIDE) * LINE + at) as usize];
            }
            #[unroll]
            for i in 0..comptime!(OWN[0]) {
                let value = xs[((UNIT_POS_Y + i * SIDE) * LINE + at) as usize];
                #[unroll]
                for j in 0..comptime!(OWN[1]) {
                    let place = comptime!((i * OWN[1] + j) as usize);
                    if comptime!(products) {
                        sums[place] += value * columns[j as usize];
                    } else {
                        let apart = value - columns[j as usize];
                        sums[place] += apart * apart;
                    }
                }
            }
        }
        deep += DEEP;
    }
    sums
}

#[cube(launch)]
fn nearest(x: &Tensor<f32>, y: &Tensor<f32>, found: &mut Tensor<f32>, told: Told, #[comptime] k: usize) {
    let first_row = CUBE_POS as u32 * ROWS;
    if first_row >= told.rows {
        terminate!();
    }
    let mut xs = Shared::<[f32]>::new_slice(comptime!((ROWS * LINE) as usize));
    let mut ys = Shared::<[f32]>::new_slice(comptime!((COLUMNS * LINE) as usize));
    let mut sums = Shared::<[f32]>::new_slice(comptime!((ROWS * TILE) as usize));
    let row = first_row + UNIT_POS;
    let reads = UNIT_POS < ROWS && row < told.rows;
    let place = row as usize * k;
    let behind = told.rows as usize * k;
    // What the launches before have found.
    let more = reads && told.begin > 0u32;
    let known = select(more, place, 0usize);
    let mut distances = Array::<f32>::new(k);
    let mut numbers = Array::<u32>::new(k);
    #[unroll]
    for p in 0..k {
        distances[p] = select(more, found[known + p], comptime!(FAR).runtime());
        numbers[p] = u32::cast_from(select(more, found[behind + known + p], 0.0f32));
    }
    let mut first = told.begin;
    while first < told.end {
        let own = tile(x, y, first_row, first, &told, &mut xs, &mut ys, false);
        // Who read through the last tile has waited for the others since.
        #[unroll]
        for i in 0..comptime!(OWN[0]) {
            #[unroll]
            for j in 0..comptime!(OWN[1]) {
                let place = (UNIT_POS_Y + i * SIDE) * TILE + UNIT_POS_X + j * SIDE;
                sums[place as usize] = own[comptime!((i * OWN[1] + j) as usize)];
            }
        }
        sync_cube();
        if reads {
            let there = min(COLUMNS, told.end - first);
            for j in 0..there {
                let value = sums[(UNIT_POS * TILE + j) as usize];
                let hidden = told.distinct == 1u32 && first + j == row;
                if value < distances[comptime!(k - 1)] && !hidden {
                    distances[comptime!(k - 1)] = value;
                    numbers[comptime!(k - 1)] = first + j;
                    // Up to its place, behind those that are as near.
                    #[unroll]
                    for p in 1..k {
                        let far = comptime!(k - p);
                        let near = comptime!(k - p - 1);
                        let (a, b) = (distances[near], distances[far]);
                        let (m, n) = (numbers[near], numbers[far]);
                        let nearer = b < a;
                        distances[near] = select(nearer, b, a);
                        distances[far] = select(nearer, a, b);
                        numbers[near] = select(nearer, n, m);
                        numbers[far] = select(nearer, m, n);
                    }
                }
            }
        }
        first += COLUMNS;
    }
    if reads {
        #[unroll]
        for p in 0..k {
            found[place + p] = distances[p];
            found[behind + place + p] = f32::cast_from(numbers[p]);
        }
    }
}

/// The kernel, from the squares or products.
#[cube]
fn value_of(sum: f32, parameters: &Tensor<f32>, dim: u32, #[comptime] kind: Kind) -> f32 {
    if comptime!(kind == Kind::Distance) {
        sum.sqrt()
    } else if comptime!(kind == Kind::Polynomial) {
        let base = sum / f32::cast_from(dim) + 1.0f32;
        base * base * base
    } else {
        let mut total = 0.0f32;
        for i in 0..parameters.len() {
            let parameter = parameters[i];
            if comptime!(kind == Kind::Gaussian) {
                total += (parameter * sum).exp();
            } else {
                total += parameter / (parameter + sum);
            }
        }
        total / f32::cast_from(parameters.len())
    }
}

#[cube(launch)]
fn sums(
    x: &Tensor<f32>,
    y: &Tensor<f32>,
    parameters: &Tensor<f32>,
    means: &mut Tensor<f32>,
    told: Told,
    #[comptime] kind: Kind,
) {
    let first_row = CUBE_POS as u32 * ROWS;
    if first_row >= told.rows {
        terminate!();
    }
    let mut xs = Shared::<[f32]>::new_slice(comptime!((ROWS * LINE) as usize));
    let mut ys = Shared::<[f32]>::new_slice(comptime!((COLUMNS * LINE) as usize));
    let mut parts = Array::<f32>::new(comptime!(OWN[0] as usize));
    let mut totals = Array::<f32>::new(comptime!(OWN[0] as usize));
    #[unroll]
    for i in 0..comptime!(OWN[0] as usize) {
        parts[i] = 0.0f32;
        totals[i] = 0.0f32;
    }
    let mut tiles = 0u32;
    let mut first = told.begin;
    while first < told.end {
        let own = tile(x, y, first_row, first, &told, &mut xs, &mut ys, comptime!(kind == Kind::Polynomial));
        #[unroll]
        for i in 0..comptime!(OWN[0]) {
            let row = first_row + UNIT_POS_Y + i * SIDE;
            #[unroll]
            for j in 0..comptime!(OWN[1]) {
                let column = first + UNIT_POS_X + j * SIDE;
                let hidden = told.distinct == 1u32 && column == row;
                let value = value_of(own[comptime!((i * OWN[1] + j) as usize)], parameters, told.dim, kind);
                parts[i as usize] += select(column < told.end && !hidden, value, 0.0f32);
            }
        }
        first += COLUMNS;
        tiles += 1u32;
        if tiles == TILES || first >= told.end {
            tiles = 0u32;
            #[unroll]
            for i in 0..comptime!(OWN[0] as usize) {
                totals[i] += parts[i];
                parts[i] = 0.0f32;
            }
        }
    }
    // The place of the rows' numbers is that of their sums.
    sync_cube();
    #[unroll]
    for i in 0..comptime!(OWN[0]) {
        xs[((UNIT_POS_Y + i * SIDE) * LINE + UNIT_POS_X) as usize] = totals[i as usize];
    }
    sync_cube();
    let row = first_row + UNIT_POS;
    if UNIT_POS < ROWS && row < told.rows {
        let mut sum = 0.0f32;
        for i in 0..SIDE {
            sum += xs[(UNIT_POS * LINE + i) as usize];
        }
        // Behind those of the launches before; the last takes the mean.
        let before = means[row as usize];
        sum += select(told.begin > 0u32, before, 0.0f32);
        let hidden = select(told.distinct == 1u32 && row < told.columns, 1u32, 0u32);
        let count = select(told.end == told.columns, told.columns - hidden, 1u32);
        means[row as usize] = sum / f32::cast_from(count);
    }
}
