//! The same on the processor, row by row.

use burn::backend::tensor::FloatTensor;
use burn::backend::{Flex, TensorMetadata};
use burn::tensor::Shape;

use super::{Keep, NEVER, TokenOps, width};
use crate::flex::{fresh, numbers, tensor};
use crate::normals::{Draws, philox4x32_10};
use crate::vectors::{exp, sum};

/// Numbers that are worth another thread.
const PART: usize = 1 << 14;

impl TokenOps for Flex {
    fn kept(logs: FloatTensor<Self>, keep: Keep) -> FloatTensor<Self> {
        let (logs, width) = (logs.to_contiguous(), width(&logs));
        let values = numbers(&logs);
        let kept = fresh(values.len(), PART.next_multiple_of(width), |from, out| {
            let mut weights = vec![0.0; width];
            for (row, out) in out.chunks_mut(width).enumerate() {
                let logs = &values[from + row * width..][..width];
                let most = weigh(logs, keep.temperature as f32, &mut weights);
                let least = least(&weights, keep);
                let total = sum(&weights, |weight| if weight >= least { weight } else { 0.0 });
                let shift = most / keep.temperature as f32 + total.ln();
                for ((out, log), weight) in out.iter_mut().zip(logs).zip(&weights) {
                    let value = log / keep.temperature as f32 - shift;
                    out.write(if *weight >= least { value } else { NEVER as f32 });
                }
            }
        });
        tensor(kept, logs.shape())
    }

    fn drawn(logs: FloatTensor<Self>, draws: Draws) -> FloatTensor<Self> {
        let (logs, width) = (logs.to_contiguous(), width(&logs));
        let values = numbers(&logs);
        let places = (PART / width).max(1);
        let tokens = fresh(draws.rows * draws.features, places, |from, out| {
            let mut weights = vec![0.0; width];
            for (i, out) in out.iter_mut().enumerate() {
                weigh(&values[(from + i) * width..][..width], 1.0, &mut weights);
                out.write(token(&weights, uniform(&draws, from + i)) as f32);
            }
        });
        tensor(tokens, Shape::new([draws.rows, draws.features]))
    }
}

/// `exp((l − max l)/T)`, and the maximum.
fn weigh(logs: &[f32], temperature: f32, weights: &mut [f32]) -> f32 {
    let most = logs.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    for (weight, log) in weights.iter_mut().zip(logs) {
        *weight = exp((log - most) / temperature);
    }
    most
}

/// `τ`, beside the weight 1 of the most probable.
fn least(weights: &[f32], keep: Keep) -> f32 {
    let mut least = 0.0;
    if keep.top_k > 0 && keep.top_k < weights.len() {
        let wanted = keep.top_k as f32;
        least = greatest(|least| sum(weights, |weight| f32::from(u8::from(weight >= least))) >= wanted);
    }
    if keep.top_p < 1.0 {
        let mass = |least: f32| sum(weights, |weight| if weight >= least { weight } else { 0.0 });
        let wanted = mass(least) * keep.top_p as f32;
        least = greatest(|least| mass(least) >= wanted).max(least);
    }
    least.max(keep.min_p as f32)
}

/// The greatest number up to 1 that it holds for, of a property that holds for 0 and for all below one that it holds for.
fn greatest(holds: impl Fn(f32) -> bool) -> f32 {
    let (mut low, mut high) = (0, 1.0_f32.to_bits() + 1);
    while high - low > 1 {
        let middle = u32::midpoint(low, high);
        if holds(f32::from_bits(middle)) {
            low = middle;
        } else {
            high = middle;
        }
    }
    f32::from_bits(low)
}

/// The first token at which the sum of weights is past the share `u` of all.
fn token(weights: &[f32], u: f32) -> usize {
    let total: f64 = weights.iter().map(|weight| f64::from(*weight)).sum();
    let mut left = f64::from(u) * total;
    let mut last = 0;
    for (i, weight) in weights.iter().enumerate().filter(|(_, weight)| **weight > 0.0) {
        left -= f64::from(*weight);
        if left < 0.0 {
            return i;
        }
        last = i;
    }
    last
}

/// The uniform number of a place, in `[0, 1)`.
fn uniform(draws: &Draws, at: usize) -> f32 {
    let (row, place) = (at / draws.features, at % draws.features);
    let [draw, low, high] = draws.stream(row);
    let words = philox4x32_10([place as u32 / 4, draw, low, high], draws.seed);
    (words[place % 4] >> 8) as f32 * (1.0 / 16_777_216.0)
}
