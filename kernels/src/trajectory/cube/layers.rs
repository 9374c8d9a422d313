//! The network on a workgroup's tile.

use burn_cubecl::cubecl;
use burn_cubecl::cubecl::prelude::*;

use super::super::layout::{Layout, UNITS};
use super::super::{Activation, SELU_BEND, SELU_SCALE, Stack};
use super::{Built, Four};
use crate::gpu::sigmoid;

/// From what is asked to what the last layer reads, both in shared memory.
#[cube]
pub(super) fn through(
    weights: &Tensor<Four>,
    biases: &Tensor<Four>,
    shared: &mut Shared<[Four]>,
    e: u32,
    #[comptime] built: Built,
) {
    let layout = comptime!(built.layout);
    let line = comptime!(layout.wide / 4);
    let bias = e * comptime!((layout.layers + 1) * layout.wide / 4);
    let mut sums = biased(biases, bias, layout);
    #[unroll]
    for k in 0..comptime!(layout.features) {
        multiply(weights, comptime!(k * line).runtime(), shared, k.runtime(), &mut sums, layout);
    }
    put(&sums, shared, built);
    for layer in 0..comptime!(layout.layers) {
        let mut more = biased(biases, bias + (layer + 1u32) * line, layout);
        let begin = comptime!(layout.features * line) + layer * comptime!(layout.wide * line);
        for k in 0..line {
            #[unroll]
            for i in 0..4u32 {
                multiply(weights, begin + (4u32 * k + i) * line, shared, 4u32 * k + i, &mut more, layout);
            }
        }
        if comptime!(built.stack == Stack::Residual) {
            // The stream stays in `sums`.
            if layer % 2u32 == 1u32 {
                #[unroll]
                for i in 0..4usize {
                    sums[i] += more[i];
                    more[i] = sums[i];
                }
            }
        }
        put(&more, shared, built);
    }
}

/// Four of a layer's biases, for four particles each.
#[cube]
fn biased(biases: &Tensor<Four>, begin: u32, #[comptime] layout: Layout) -> Array<Four> {
    let four = biases[(begin + UNIT_POS / comptime!(layout.tile() / 4)) as usize];
    let mut sums = Array::<Four>::new(4usize);
    #[unroll]
    for i in 0..4usize {
        sums[i] = Four::new(four.extract(i));
    }
    sums
}

/// What one number of the layer below adds to four of this, of four particles.
#[cube]
fn multiply(
    weights: &Tensor<Four>,
    begin: u32,
    shared: &mut Shared<[Four]>,
    k: u32,
    sums: &mut Array<Four>,
    #[comptime] layout: Layout,
) {
    let groups = comptime!(layout.tile() / 4);
    let weight = weights[(begin + UNIT_POS / groups) as usize];
    let value = shared[(k * groups + UNIT_POS % groups) as usize];
    #[unroll]
    for i in 0..4usize {
        sums[i] += Four::new(weight.extract(i)) * value;
    }
}

/// `φ` of a layer into shared memory, when all have read what is there.
#[cube]
fn put(sums: &Array<Four>, shared: &mut Shared<[Four]>, #[comptime] built: Built) {
    let groups = comptime!(built.layout.tile() / 4);
    sync_cube();
    #[unroll]
    for i in 0..4u32 {
        let at = (UNIT_POS / groups * 4u32 + i) * groups + UNIT_POS % groups;
        shared[at as usize] = activated(sums[i as usize], built.activation);
    }
    sync_cube();
}

/// The last layer's sums of an invocation's slots.
#[cube]
pub(super) fn last(
    weights: &Tensor<Four>,
    shared: &mut Shared<[Four]>,
    #[comptime] layout: Layout,
) -> Array<Four> {
    let (slots, groups) = comptime!((layout.slots(), layout.tile() / 4));
    let (own, parts) = comptime!((layout.own() as usize, layout.parts()));
    let line = comptime!(layout.wide / 4);
    let each = comptime!(line / parts);
    let begin = comptime!((layout.features + layout.layers * layout.wide) * line);
    let mut sums = Array::<Four>::new(own);
    #[unroll]
    for slot in 0..own {
        let at = UNIT_POS + comptime!(slot as u32 * UNITS);
        let (part, at) = (at / slots, at % slots);
        let mut sum = Four::new(0.0f32);
        if part < parts {
            for k in part * each..(part + 1u32) * each {
                let weight = weights[(begin + at / groups * line + k) as usize];
                #[unroll]
                for i in 0..4u32 {
                    let value = shared[((4u32 * k + i) * groups + at % groups) as usize];
                    sum += Four::new(weight.extract(i as usize)) * value;
                }
            }
        }
        sums[slot] = sum;
    }
    // What is asked next goes where this has been read.
    sync_cube();
    if comptime!(parts > 1) {
        shared[UNIT_POS as usize] = sums[0usize];
        sync_cube();
        if UNIT_POS < slots {
            #[unroll]
            for part in 1..parts {
                sums[0usize] += shared[(part * slots + UNIT_POS) as usize];
            }
        }
    }
    sums
}

#[cube]
fn activated(x: Four, #[comptime] activation: Activation) -> Four {
    let mut y = Four::new(0.0f32);
    #[unroll]
    for i in 0..4usize {
        y.insert(i, activated_one(x.extract(i), activation));
    }
    y
}

#[cube]
fn activated_one(x: f32, #[comptime] activation: Activation) -> f32 {
    match comptime!(activation) {
        Activation::Silu => x * sigmoid(x),
        Activation::Selu => {
            let below = comptime!(SELU_BEND as f32) * (min(x, 0.0f32).exp() - 1.0f32);
            comptime!(SELU_SCALE as f32) * max(x, 0.0f32) + below
        }
        // An exponential that does not overflow; further out it is one.
        Activation::Tanh => 1.0f32 - 2.0f32 / ((2.0f32 * min(x, 15.0f32)).exp() + 1.0f32),
        Activation::Relu => max(x, 0.0f32),
    }
}
