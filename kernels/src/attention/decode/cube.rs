//! The same on graphics adapters: workgroups share out not only the queries but also the keys, of which there are many more (Dao et al.
//! 2023, flash-decoding, <https://pytorch.org/blog/flash-decoding/>).
//!
//! A workgroup has up to four queries that look at the same head, and 128 keys: it finds the greatest score `m`, the sum of the exponentials
//! beside it and the weighted sum of the values. A second kernel adds these up, each times `exp(m − max m)`.

use burn::backend::TensorMetadata;
use burn::backend::tensor::FloatTensor;
use burn_cubecl::CubeBackend;
use burn_cubecl::cubecl;
use burn_cubecl::cubecl::prelude::*;

use super::super::Looking;
use super::super::cube::parts::zeros;
use super::super::reference::NEVER;
use super::{DecodeOps, plain};
use crate::gpu::{DEEP, LINE, fresh, invocations, load_rows, straight, workgroups};

type Primitive = FloatTensor<CubeBackend>;

/// Invocations of a workgroup.
const UNITS: u32 = 64;
/// Keys of an invocation, and of a workgroup.
const OWN: u32 = 2;
const KEYS: u32 = UNITS * OWN;
/// Queries of a workgroup: with keys and scores they fill 12 KiB of shared memory.
const MOST: usize = 4;

#[derive(CubeType, CubeLaunch, Clone, Copy)]
struct Told {
    /// Queries that look at the same head, and workgroups that share them.
    rows: u32,
    blocks: u32,
    /// Heads of keys in a sample.
    few: u32,
    queries: u32,
    keys: u32,
    capacity: u32,
    /// Workgroups that share the keys.
    parts: u32,
    /// Workgroups.
    count: u32,
    depth: u32,
    width: u32,
    /// From one to the next of what is seen; none where one serves all.
    seen_batch: u32,
    seen_key: u32,
    scale: f32,
}

impl DecodeOps for CubeBackend {
    fn decoded(
        q: Primitive,
        k: Primitive,
        v: Primitive,
        seen: Primitive,
        looking: Looking,
        length: usize,
    ) -> Primitive {
        let Some([q, k, v, seen]) = straight([&q, &k, &v, &seen]) else {
            return plain::<Self>([q, k, v, seen], looking, length);
        };
        let [batch, heads, queries, depth] = q.shape().dims();
        let [_, few, capacity, width] = v.shape().dims();
        let [samples, hidden] = seen.shape().dims();
        let rows = heads / few * queries;
        let height = rows.min(MOST);
        let (blocks, parts) = (rows.div_ceil(height), length.div_ceil(KEYS as usize));
        let count = batch * few * blocks * parts;
        let told = ToldLaunch::new(
            rows as u32,
            blocks as u32,
            few as u32,
            queries as u32,
            length as u32,
            capacity as u32,
            parts as u32,
            count as u32,
            depth as u32,
            width as u32,
            if samples == 1 { 0 } else { hidden as u32 },
            u32::from(hidden > 1),
            looking.scale as f32,
        );
        let found = fresh(&q, [batch * heads * queries, parts, width + 2].into());
        part::launch(
            &q.client,
            workgroups(count),
            CubeDim::new_1d(UNITS),
            q.clone().into_tensor_arg(),
            k.into_tensor_arg(),
            v.into_tensor_arg(),
            seen.into_tensor_arg(),
            found.clone().into_tensor_arg(),
            told,
            height as u32,
        );
        let o = fresh(&q, [batch, heads, queries, width].into());
        let (count, dim) = invocations(batch * heads * queries * width);
        merge::launch(
            &q.client,
            count,
            dim,
            found.into_tensor_arg(),
            o.clone().into_tensor_arg(),
            parts as u32,
            width as u32,
        );
        o
    }
}

/// Each query's `m`, `Σ exp(s − m)` and `Σ exp(s − m) v` over some keys: `[queries, parts, 2 + width]`.
#[cube(launch)]
fn part(
    q: &Tensor<f32>,
    k: &Tensor<f32>,
    v: &Tensor<f32>,
    seen: &Tensor<f32>,
    found: &mut Tensor<f32>,
    told: Told,
    #[comptime] height: u32,
) {
    let cube = CUBE_POS as u32;
    if cube >= told.count {
        terminate!();
    }
    let never = comptime!(-NEVER as f32).runtime();
    let part = cube % told.parts;
    let first = part * KEYS;
    let head = cube / told.parts / told.blocks;
    let row = cube / told.parts % told.blocks * height;
    let base = head * told.capacity;
    let last = (head + 1u32) * told.rows;
    let place = head * told.rows + row;
    let own = products(q, place, last, k, base + first, base + told.keys, told.depth, height);
    let mut scores = Shared::<[f32]>::new_slice(comptime!((height * KEYS) as usize));
    #[unroll]
    for r in 0..height {
        let reach = told.keys + (row + r) % told.queries + 1u32 - told.queries;
        #[unroll]
        for i in 0..OWN {
            let j = UNIT_POS + i * UNITS;
            let late = first + j >= reach;
            let key = select(late, 0u32, first + j);
            let hidden =
                late || seen[(head / told.few * told.seen_batch + key * told.seen_key) as usize] == 0.0f32;
            let score = max(own[comptime!((r * OWN + i) as usize)] * told.scale, never);
            scores[(r * KEYS + j) as usize] = select(hidden, never, score);
        }
    }
    sync_cube();
    let mut most = Array::<f32>::new(comptime!(height as usize));
    #[unroll]
    for r in 0..height {
        most[r as usize] = never;
        for j in 0..KEYS {
            most[r as usize] = max(most[r as usize], scores[(r * KEYS + j) as usize]);
        }
    }
    // Who still looks for the greatest is waited for.
    sync_cube();
    #[unroll]
    for r in 0..height {
        #[unroll]
        for i in 0..OWN {
            let at = (r * KEYS + UNIT_POS + i * UNITS) as usize;
            let score = scores[at];
            scores[at] = select(score > 0.5f32 * never, (score - most[r as usize]).exp(), 0.0f32);
        }
    }
    sync_cube();
    let line = told.width + 2u32;
    let mut column = UNIT_POS;
    while column < told.width {
        let sums = weighted(v, (base + first) * told.width + column, &scores, &told, first, height);
        #[unroll]
        for r in 0..height {
            if row + r < told.rows {
                found[(((place + r) * told.parts + part) * line + 2u32 + column) as usize] = sums[r as usize];
            }
        }
        column += UNITS;
    }
    #[unroll]
    for r in 0..height {
        if UNIT_POS == r && row + r < told.rows {
            let mut total = 0.0f32;
            for j in 0..KEYS {
                total += scores[(r * KEYS + j) as usize];
            }
            let at = ((place + r) * told.parts + part) * line;
            found[at as usize] = most[r as usize];
            found[(at + 1u32) as usize] = total;
        }
    }
}

/// `q_r · k_j` of the workgroup's `height` queries, before `last`, and of this invocation's keys, before `end`: `[height, OWN]`.
#[cube]
fn products(
    q: &Tensor<f32>,
    row: u32,
    last: u32,
    k: &Tensor<f32>,
    key: u32,
    end: u32,
    depth: u32,
    #[comptime] height: u32,
) -> Array<f32> {
    let mut queries = Shared::<[f32]>::new_slice(comptime!((height * LINE) as usize));
    let mut keys = Shared::<[f32]>::new_slice(comptime!((KEYS * LINE) as usize));
    let mut sums = zeros(comptime!((height * OWN) as usize));
    let mut deep = 0u32;
    while deep < depth {
        sync_cube();
        load_rows(q, row, last, deep, depth, &mut queries, height, UNITS);
        load_rows(k, key, end, deep, depth, &mut keys, KEYS, UNITS);
        sync_cube();
        #[unroll]
        for at in 0..DEEP {
            #[unroll]
            for i in 0..OWN {
                let number = keys[((UNIT_POS + i * UNITS) * LINE + at) as usize];
                #[unroll]
                for r in 0..height {
                    sums[comptime!((r * OWN + i) as usize)] += number * queries[(r * LINE + at) as usize];
                }
            }
        }
        deep += DEEP;
    }
    sums
}

/// `Σ_j w_rj v_j` of one column, which begins at `at`.
#[cube]
fn weighted(
    v: &Tensor<f32>,
    at: u32,
    weights: &Shared<[f32]>,
    told: &Told,
    first: u32,
    #[comptime] height: u32,
) -> Array<f32> {
    let mut sums = zeros(comptime!(height as usize));
    let there = min(KEYS, told.keys - first);
    for j in 0..there {
        let value = v[(at + j * told.width) as usize];
        #[unroll]
        for r in 0..height {
            sums[r as usize] += weights[(r * KEYS + j) as usize] * value;
        }
    }
    sums
}

/// An invocation a number: all parts of it together.
#[cube(launch)]
fn merge(found: &Tensor<f32>, o: &mut Tensor<f32>, parts: u32, width: u32) {
    if ABSOLUTE_POS >= o.len() {
        terminate!();
    }
    let (row, column) = (ABSOLUTE_POS as u32 / width, ABSOLUTE_POS as u32 % width);
    let line = width + 2u32;
    let mut most = comptime!(-NEVER as f32).runtime();
    for part in 0..parts {
        most = max(most, found[((row * parts + part) * line) as usize]);
    }
    let mut total = 0.0f32;
    let mut sum = 0.0f32;
    for part in 0..parts {
        let at = (row * parts + part) * line;
        let fade = (found[at as usize] - most).exp();
        total += fade * found[(at + 1u32) as usize];
        sum += fade * found[(at + 2u32 + column) as usize];
    }
    o[ABSOLUTE_POS] = sum / select(total == 0.0f32, 1.0f32, total);
}
