//! The same on the processor, a query at a time, of whose output 64 columns at a time lie in registers.

use burn::backend::Flex;
use burn::backend::tensor::FloatTensor;
use burn::prelude::*;
use pulp::{Simd, WithSimd};

use super::super::Looking;
use super::super::flex::{Inputs, Sizes, exponentials};
use super::{DecodeOps, plain};
use crate::flex::{all_straight, numbers, tensor};
use crate::threads;
use crate::vectors::widest;

impl DecodeOps for Flex {
    fn decoded(
        q: FloatTensor<Self>,
        k: FloatTensor<Self>,
        v: FloatTensor<Self>,
        seen: FloatTensor<Self>,
        looking: Looking,
        length: usize,
    ) -> FloatTensor<Self> {
        let Some(straight) = all_straight([&q, &k, &v, &seen]) else {
            return plain::<Self>([q, k, v, seen], looking, length);
        };
        let bias = tensor(vec![0.0], Shape::new([1; 4]));
        let sizes = Sizes { keys: length, ..Sizes::of([&q, &k, &v, &bias, &seen], looking) };
        let [q, k, v, seen] = straight.each_ref().map(numbers);
        let inputs = Inputs { sizes: &sizes, q, k, v, bias: numbers(&bias), seen };
        let Sizes { batch, heads, queries, width, .. } = sizes;
        let mut output = vec![0.0; batch * heads * queries * width];
        threads::parts(&mut output, width, |from, output| {
            for (i, output) in output.chunks_exact_mut(width).enumerate() {
                widest(Query { inputs: &inputs, row: from / width + i, output });
            }
        });
        tensor(output, Shape::new([batch, heads, queries, width]))
    }
}

/// A query, counted through heads and batch.
struct Query<'a> {
    inputs: &'a Inputs<'a>,
    row: usize,
    /// `[width]`.
    output: &'a mut [f32],
}

impl WithSimd for Query<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self { inputs, row, output } = self;
        let Sizes { queries, keys, depth, width, looking, .. } = *inputs.sizes;
        let head = row / queries;
        let q = &inputs.q[row * depth..][..depth];
        let mut scores = vec![0.0; keys];
        for (score, key) in scores.iter_mut().zip(inputs.keys(head).chunks_exact(depth)) {
            *score = product(q, key) * looking.scale as f32;
        }
        inputs.finish(head, row % queries, &mut scores);
        let (sum, _) = exponentials(&mut scores);
        let mean = Mean { weights: &scores, sum, values: inputs.values(head), width };
        let mut from = 0;
        while from < width {
            from += match width - from {
                64.. => mean.columns::<64>(from, output),
                8.. => mean.columns::<8>(from, output),
                _ => mean.columns::<1>(from, output),
            };
        }
    }
}

/// Numbers that are summed beside one another.
const LANES: usize = 16;

/// `q · k`.
#[inline(always)]
fn product(q: &[f32], key: &[f32]) -> f32 {
    let mut sums = [0.0; LANES];
    let (qs, keys) = (q.chunks_exact(LANES), key.chunks_exact(LANES));
    let rest = (qs.remainder(), keys.remainder());
    for (q, key) in qs.zip(keys) {
        for (sum, (q, k)) in sums.iter_mut().zip(q.iter().zip(key)) {
            *sum += q * k;
        }
    }
    let mut product = total(sums);
    for (q, k) in rest.0.iter().zip(rest.1) {
        product += q * k;
    }
    product
}

/// The sum, halves on halves.
#[inline(always)]
fn total(mut sums: [f32; LANES]) -> f32 {
    for half in [8, 4, 2, 1] {
        let (low, high) = sums.split_at_mut(half);
        for (low, high) in low.iter_mut().zip(high) {
            *low += *high;
        }
    }
    sums[0]
}

/// `Σ_j w_j v_j / Σ_j w_j`.
struct Mean<'a> {
    weights: &'a [f32],
    sum: f32,
    /// `[keys, width]`.
    values: &'a [f32],
    width: usize,
}

impl Mean<'_> {
    /// `C` columns from `from` on, and how many these are.
    #[inline(always)]
    fn columns<const C: usize>(&self, from: usize, output: &mut [f32]) -> usize {
        let mut sums = [0.0; C];
        for (weight, values) in self.weights.iter().zip(self.values.chunks_exact(self.width)) {
            for (sum, value) in sums.iter_mut().zip(&values[from..from + C]) {
                *sum += weight * value;
            }
        }
        for (out, sum) in output[from..from + C].iter_mut().zip(sums) {
            *out = sum / self.sum;
        }
        C
    }
}
