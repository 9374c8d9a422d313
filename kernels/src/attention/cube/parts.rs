//! What the kernels are told, and what they are made of.

#![expect(clippy::trivially_copy_pass_by_ref, reason = "what is a handle here are registers there")]

use burn_cubecl::cubecl;
use burn_cubecl::cubecl::prelude::*;

use super::super::reference::NEVER;
use super::UNITS;

#[derive(CubeType, CubeLaunch, Clone, Copy)]
pub struct Told {
    pub heads: u32,
    pub few: u32,
    pub queries: u32,
    pub keys: u32,
    pub parts: u32,
    pub count: u32,
    /// Keys of this launch, or queries where these are gone through.
    pub begin: u32,
    pub end: u32,
    pub mask_batch: u32,
    pub mask_head: u32,
    pub mask_query: u32,
    pub mask_key: u32,
    pub causal: u32,
    pub scale: f32,
}

/// What a kernel is built for.
#[derive(Clone, Copy, Debug, Hash, PartialEq, Eq)]
pub struct Built {
    pub depth: usize,
    pub width: usize,
    pub tile: usize,
}

/// Keys that a query may see, counted from the first.
#[cube]
pub fn reach(told: &Told, query: u32) -> u32 {
    let upto = told.keys + query + 1u32;
    let before = min(told.keys, upto - min(upto, told.queries));
    select(told.causal == 1u32, before, told.keys)
}

/// A score from its product; next to nothing where the key is not seen.
#[cube]
pub fn score(product: f32, mask: &Tensor<f32>, at: u32, key: u32, reach: u32, told: &Told) -> f32 {
    let never = comptime!(-NEVER as f32).runtime();
    let hidden = key >= reach;
    let bias = mask[(at + select(hidden, 0u32, key) * told.mask_key) as usize];
    select(hidden, never, max(product * told.scale + bias, never))
}

/// A number of the rows of a tile that begin at `first`, into shared memory.
#[cube]
pub fn load(
    from: &Tensor<f32>,
    base: u32,
    first: u32,
    rows: u32,
    to: &mut Shared<[f32]>,
    #[comptime] width: usize,
    #[comptime] tile: usize,
) {
    let mut at = UNIT_POS;
    while at < comptime!((tile * width) as u32) {
        let row = first + at / comptime!(width as u32);
        let inside = row < rows;
        let place = base + select(inside, row, 0u32) * comptime!(width as u32) + at % comptime!(width as u32);
        to[at as usize] = select(inside, from[place as usize], 0.0f32);
        at += UNITS;
    }
}

/// A row into registers.
#[cube]
pub fn row(from: &Tensor<f32>, base: u32, #[comptime] width: usize) -> Array<f32> {
    let mut row = Array::<f32>::new(width);
    #[unroll]
    for c in 0..width {
        row[c] = from[base as usize + c];
    }
    row
}

/// `row · tile[at]`.
#[cube]
pub fn product(row: &Array<f32>, tile: &Shared<[f32]>, at: u32, #[comptime] width: usize) -> f32 {
    let begin = at as usize * width;
    let mut sum = 0.0f32;
    #[unroll]
    for c in 0..width {
        sum += row[c] * tile[begin + c];
    }
    sum
}

/// `sum += factor · tile[at]`.
#[cube]
pub fn add(sum: &mut Array<f32>, factor: f32, tile: &Shared<[f32]>, at: u32, #[comptime] width: usize) {
    let begin = at as usize * width;
    #[unroll]
    for c in 0..width {
        sum[c] += factor * tile[begin + c];
    }
}

/// The first of the keys that a head, counted through the batch, looks at.
#[cube]
pub fn keys_of(told: &Told, head: u32) -> u32 {
    let shared_head = head / told.heads * told.few + head % told.heads / (told.heads / told.few);
    shared_head * told.keys
}

/// Where the mask of a query begins.
#[cube]
pub fn mask_of(told: &Told, head: u32, query: u32) -> u32 {
    head / told.heads * told.mask_batch + head % told.heads * told.mask_head + query * told.mask_query
}

/// What an invocation knows of its query.
#[derive(CubeType)]
pub struct Query {
    /// Whether it has one: who has none computes the last once more, and keeps it to himself.
    pub live: bool,
    /// Its row among all queries.
    pub place: u32,
    /// The first row that it looks at.
    pub keys: u32,
    /// Where its mask begins.
    pub mask: u32,
    /// Keys that it may see.
    pub reach: u32,
}

/// The query of this invocation.
#[cube]
pub fn own_query(told: &Told) -> Query {
    let cube = CUBE_POS as u32;
    let head = cube / told.parts;
    let wanted = cube % told.parts * UNITS + UNIT_POS;
    let query = min(wanted, told.queries - 1u32);
    Query {
        live: wanted < told.queries,
        place: head * told.queries + query,
        keys: keys_of(told, head),
        mask: mask_of(told, head, query),
        reach: reach(told, query),
    }
}

/// Zeros in registers.
#[cube]
pub fn zeros(#[comptime] width: usize) -> Array<f32> {
    let mut zeros = Array::<f32>::new(width);
    #[unroll]
    for c in 0..width {
        zeros[c] = 0.0f32;
    }
    zeros
}
