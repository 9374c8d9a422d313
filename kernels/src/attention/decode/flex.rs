//! The same on the processor: up to four queries that share keys read them once.

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
        match heads / sizes.few * queries {
            rows if rows.is_multiple_of(4) => rows_of::<4, 16>(&inputs, &mut output),
            rows if rows.is_multiple_of(2) => rows_of::<2, 32>(&inputs, &mut output),
            _ => rows_of::<1, 64>(&inputs, &mut output),
        }
        tensor(output, Shape::new([batch, heads, queries, width]))
    }
}

/// All rows of the output, `R` at a time, of which `C` columns at a time lie in registers.
fn rows_of<const R: usize, const C: usize>(inputs: &Inputs, output: &mut [f32]) {
    let width = inputs.sizes.width;
    threads::parts(output, R * width, |from, output| {
        for (i, output) in output.chunks_exact_mut(R * width).enumerate() {
            widest(Rows::<R, C> { inputs, first: from / width + i * R, output });
        }
    });
}

/// Queries that look at the same keys, counted through heads and batch.
struct Rows<'a, const R: usize, const C: usize> {
    inputs: &'a Inputs<'a>,
    first: usize,
    /// `[R, width]`.
    output: &'a mut [f32],
}

impl<const R: usize, const C: usize> WithSimd for Rows<'_, R, C> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self { inputs, first, output } = self;
        let Sizes { queries, keys, depth, width, looking, .. } = *inputs.sizes;
        let q: [&[f32]; R] = std::array::from_fn(|r| &inputs.q[(first + r) * depth..][..depth]);
        let mut scores = vec![0.0; R * keys];
        for (j, key) in inputs.keys(first / queries).chunks_exact(depth).enumerate() {
            let products = products(q, key);
            for (r, product) in products.into_iter().enumerate() {
                scores[r * keys + j] = product * looking.scale as f32;
            }
        }
        let mut sums = [1.0; R];
        for (r, scores) in scores.chunks_exact_mut(keys).enumerate() {
            inputs.finish((first + r) / queries, (first + r) % queries, scores);
            (sums[r], _) = exponentials(scores);
        }
        let weights: [&[f32]; R] = std::array::from_fn(|r| &scores[r * keys..][..keys]);
        let mut product = Weighted { weights, sums, values: inputs.values(first / queries), width, output };
        let mut from = 0;
        while from < width {
            from += match width - from {
                left if left >= C => product.columns::<C>(from),
                left if left >= 8 => product.columns::<8>(from),
                _ => product.columns::<1>(from),
            };
        }
    }
}

/// Numbers that are summed beside one another.
const LANES: usize = 16;

/// `q_r · k`.
#[inline(always)]
fn products<const R: usize>(q: [&[f32]; R], key: &[f32]) -> [f32; R] {
    let mut sums = [[0.0; LANES]; R];
    let whole = key.len() / LANES * LANES;
    for from in (0..whole).step_by(LANES) {
        let key = &key[from..from + LANES];
        for (sums, q) in sums.iter_mut().zip(q) {
            for (sum, (q, k)) in sums.iter_mut().zip(q[from..from + LANES].iter().zip(key)) {
                *sum += q * k;
            }
        }
    }
    let mut products = sums.map(total);
    for (product, q) in products.iter_mut().zip(q) {
        for (q, k) in q[whole..].iter().zip(&key[whole..]) {
            *product += q * k;
        }
    }
    products
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

/// `Σ_j w_rj v_j / Σ_j w_rj`.
struct Weighted<'a, const R: usize> {
    weights: [&'a [f32]; R],
    sums: [f32; R],
    /// `[keys, width]`.
    values: &'a [f32],
    width: usize,
    /// `[R, width]`.
    output: &'a mut [f32],
}

impl<const R: usize> Weighted<'_, R> {
    /// `C` columns from `from` on, and how many these are.
    #[inline(always)]
    fn columns<const C: usize>(&mut self, from: usize) -> usize {
        let mut sums = [[0.0; C]; R];
        for (j, values) in self.values.chunks_exact(self.width).enumerate() {
            let values = &values[from..from + C];
            for (sums, weights) in sums.iter_mut().zip(self.weights) {
                let weight = weights[j];
                for (sum, value) in sums.iter_mut().zip(values) {
                    *sum += weight * value;
                }
            }
        }
        for ((output, sums), whole) in self.output.chunks_exact_mut(self.width).zip(sums).zip(self.sums) {
            for (out, sum) in output[from..from + C].iter_mut().zip(sums) {
                *out = sum / whole;
            }
        }
        C
    }
}
