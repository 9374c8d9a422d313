//! Outputs and logarithms.

use burn_cubecl::cubecl;
use burn_cubecl::cubecl::prelude::*;

use super::super::reference::NEVER;
use super::parts::{Built, Told, add, load, own_query, product, row, score, zeros};

#[cube(launch)]
pub fn forward(
    q: &Tensor<f32>,
    k: &Tensor<f32>,
    v: &Tensor<f32>,
    mask: &Tensor<f32>,
    o: &mut Tensor<f32>,
    l: &mut Tensor<f32>,
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
    let row = row(q, place * comptime!(depth as u32), depth);
    let mut key_tile = Shared::<[f32]>::new_slice(tile * depth);
    let mut value_tile = Shared::<[f32]>::new_slice(tile * width);
    let mut sum = zeros(width);
    // What the launches before have found, if a key was seen.
    let before = select(told.begin > 0u32, l[place as usize], -never);
    let some = before < -0.5f32 * never;
    #[unroll]
    for c in 0..width {
        sum[c] = select(some, o[(place * comptime!(width as u32)) as usize + c], 0.0f32);
    }
    let mut most = select(some, before, never);
    let mut total = select(some, 1.0f32, 0.0f32);
    let mut first = told.begin;
    while first < told.end {
        sync_cube();
        load(k, keys * comptime!(depth as u32), first, told.keys, &mut key_tile, depth, tile);
        load(v, keys * comptime!(width as u32), first, told.keys, &mut value_tile, width, tile);
        sync_cube();
        let mut j = 0u32;
        while j < comptime!(tile as u32) {
            let s = product(&row, &key_tile, j, depth);
            let s = score(s, mask, at, first + j, reach, &told);
            if s > most {
                let fade = (most - s).exp();
                total *= fade;
                #[unroll]
                for c in 0..width {
                    sum[c] *= fade;
                }
                most = s;
            }
            let weight = select(s > 0.5f32 * never, (s - most).exp(), 0.0f32);
            total += weight;
            add(&mut sum, weight, &value_tile, j, width);
            j += 1u32;
        }
        first += comptime!(tile as u32);
    }
    if query.live {
        let none = total == 0.0f32;
        let scale = select(none, 0.0f32, 1.0f32 / select(none, 1.0f32, total));
        #[unroll]
        for c in 0..width {
            o[(place * comptime!(width as u32)) as usize + c] = sum[c] * scale;
        }
        l[place as usize] = select(none, -never, most + select(none, 1.0f32, total).ln());
    }
}
