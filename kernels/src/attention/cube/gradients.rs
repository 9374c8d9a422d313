//! Gradients.

use burn_cubecl::cubecl;
use burn_cubecl::cubecl::prelude::*;

use super::super::reference::NEVER;
use super::UNITS;
use super::parts::{Built, Told, add, keys_of, load, mask_of, own_query, product, reach, row, score, zeros};

#[cube(launch)]
pub fn along(g: &Tensor<f32>, o: &Tensor<f32>, l: &Tensor<f32>, known: &mut Tensor<f32>, width: u32) {
    let place = ABSOLUTE_POS;
    if place < l.len() {
        let base = place * width as usize;
        let mut sum = 0.0f32;
        for c in 0..width {
            sum += g[base + c as usize] * o[base + c as usize];
        }
        known[2 * place] = l[place];
        known[2 * place + 1] = sum;
    }
}

/// `dq = a Σ_j ds_j k_j`, with `ds = P (g v − Σ g o)`.
#[cube(launch)]
pub fn backward_queries(
    q: &Tensor<f32>,
    k: &Tensor<f32>,
    v: &Tensor<f32>,
    mask: &Tensor<f32>,
    g: &Tensor<f32>,
    known: &Tensor<f32>,
    dq: &mut Tensor<f32>,
    told: Told,
    #[comptime] built: Built,
) {
    if CUBE_POS as u32 >= told.count {
        terminate!();
    }
    let (depth, width, tile) = comptime!((built.depth, built.width, built.tile));
    let never = comptime!(-NEVER as f32).runtime();
    let query = own_query(&told);
    let (place, keys, at, reach) = (query.place, query.keys, query.mask, query.reach);
    let own = row(q, place * comptime!(depth as u32), depth);
    let slope = row(g, place * comptime!(width as u32), width);
    let logarithm = known[2 * place as usize];
    let along = known[2 * place as usize + 1];
    let mut key_tile = Shared::<[f32]>::new_slice(tile * depth);
    let mut value_tile = Shared::<[f32]>::new_slice(tile * width);
    let mut sum = zeros(depth);
    let mut first = told.begin;
    while first < told.end {
        sync_cube();
        load(k, keys * comptime!(depth as u32), first, told.keys, &mut key_tile, depth, tile);
        load(v, keys * comptime!(width as u32), first, told.keys, &mut value_tile, width, tile);
        sync_cube();
        let mut j = 0u32;
        while j < comptime!(tile as u32) {
            let s = product(&own, &key_tile, j, depth);
            let s = score(s, mask, at, first + j, reach, &told);
            let weight = select(s > 0.5f32 * never, (s - logarithm).exp(), 0.0f32);
            let ds = weight * (product(&slope, &value_tile, j, width) - along);
            add(&mut sum, ds, &key_tile, j, depth);
            j += 1u32;
        }
        first += comptime!(tile as u32);
    }
    if query.live {
        #[unroll]
        for c in 0..depth {
            more(dq, (place * comptime!(depth as u32)) as usize + c, sum[c] * told.scale, &told);
        }
    }
}

/// Writes a number, beside what the launches before have found.
#[cube]
fn more(to: &mut Tensor<f32>, at: usize, number: f32, told: &Told) {
    to[at] = number + select(told.begin > 0u32, to[at], 0.0f32);
}

/// `dk = a Σ_i ds_i q_i` and `dv = Σ_i P_i g_i` over the queries of all heads that share the key, side by side.
#[cube(launch)]
pub fn backward_keys(
    q: &Tensor<f32>,
    k: &Tensor<f32>,
    v: &Tensor<f32>,
    mask: &Tensor<f32>,
    g: &Tensor<f32>,
    known: &Tensor<f32>,
    both: &mut Tensor<f32>,
    told: Told,
    #[comptime] built: Built,
) {
    let cube = CUBE_POS as u32;
    if cube >= told.count {
        terminate!();
    }
    let (depth, width, tile) = comptime!((built.depth, built.width, built.tile));
    let never = comptime!(-NEVER as f32).runtime();
    let shared_head = cube / told.parts;
    let key = cube % told.parts * UNITS + UNIT_POS;
    let live = key < told.keys;
    let key = min(key, told.keys - 1u32);
    let place = shared_head * told.keys + key;
    let own_key = row(k, place * comptime!(depth as u32), depth);
    let own_value = row(v, place * comptime!(width as u32), width);
    let mut query_tile = Shared::<[f32]>::new_slice(tile * depth);
    let mut slope_tile = Shared::<[f32]>::new_slice(tile * width);
    let mut known_tile = Shared::<[f32]>::new_slice(tile * 2);
    let mut dk = zeros(depth);
    let mut dv = zeros(width);
    let group = told.heads / told.few;
    let batch = shared_head / told.few;
    let mut member = 0u32;
    while member < group {
        let head_of_sample = shared_head % told.few * group + member;
        let queries = (batch * told.heads + head_of_sample) * told.queries;
        let masks = mask_of(&told, batch * told.heads + head_of_sample, 0u32);
        let mut first = told.begin;
        while first < told.end {
            sync_cube();
            load(q, queries * comptime!(depth as u32), first, told.queries, &mut query_tile, depth, tile);
            load(g, queries * comptime!(width as u32), first, told.queries, &mut slope_tile, width, tile);
            load(known, queries * 2u32, first, told.queries, &mut known_tile, 2usize, tile);
            sync_cube();
            let mut i = 0u32;
            while i < comptime!(tile as u32) {
                let query = first + i;
                let inside = query < told.queries;
                let query = select(inside, query, 0u32);
                let reach = select(inside, reach(&told, query), 0u32);
                let s = product(&own_key, &query_tile, i, depth);
                let s = score(s, mask, masks + query * told.mask_query, key, reach, &told);
                let logarithm = known_tile[2 * i as usize];
                let weight = select(s > 0.5f32 * never, (s - logarithm).exp(), 0.0f32);
                let ds =
                    weight * (product(&own_value, &slope_tile, i, width) - known_tile[2 * i as usize + 1]);
                add(&mut dk, ds, &query_tile, i, depth);
                add(&mut dv, weight, &slope_tile, i, width);
                i += 1u32;
            }
            first += comptime!(tile as u32);
        }
        member += 1u32;
    }
    if live {
        let base = (place * comptime!((depth + width) as u32)) as usize;
        #[unroll]
        for c in 0..depth {
            more(both, base + c, dk[c] * told.scale, &told);
        }
        #[unroll]
        for c in 0..width {
            more(both, base + depth + c, dv[c], &told);
        }
    }
}

/// `ds`, an invocation a score.
#[cube(launch)]
pub fn backward_scores(
    q: &Tensor<f32>,
    k: &Tensor<f32>,
    v: &Tensor<f32>,
    mask: &Tensor<f32>,
    g: &Tensor<f32>,
    known: &Tensor<f32>,
    slopes: &mut Tensor<f32>,
    told: Told,
    #[comptime] built: Built,
) {
    let at = ABSOLUTE_POS as u32;
    if at as usize >= slopes.len() {
        terminate!();
    }
    let (depth, width) = comptime!((built.depth as u32, built.width as u32));
    let never = comptime!(-NEVER as f32).runtime();
    let key = at % told.keys;
    let place = at / told.keys;
    let query = place % told.queries;
    let head = place / told.queries;
    let other = keys_of(&told, head) + key;
    let mut s = 0.0f32;
    for c in 0..depth {
        s += q[(place * depth + c) as usize] * k[(other * depth + c) as usize];
    }
    let mut slope = 0.0f32;
    for c in 0..width {
        slope += g[(place * width + c) as usize] * v[(other * width + c) as usize];
    }
    let s = score(s, mask, mask_of(&told, head, query), key, reach(&told, query), &told);
    let weight = select(s > 0.5f32 * never, (s - known[2 * place as usize]).exp(), 0.0f32);
    slopes[at as usize] = weight * (slope - known[2 * place as usize + 1]);
}
