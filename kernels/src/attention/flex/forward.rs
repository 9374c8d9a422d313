//! Outputs and logarithms of one head, four queries at a time.

use pulp::{Simd, WithSimd};

use super::inputs::Inputs;
use super::rows::{Matrix, block, four, interleave};
use crate::tile::ROWS;
use crate::vectors::{exp, sum};

/// One head.
pub(super) struct Forward<'a> {
    pub inputs: &'a Inputs<'a>,
    /// Counted through the batch.
    pub head: usize,
    /// `[queries, width]`.
    pub output: &'a mut [f32],
    pub logarithms: &'a mut [f32],
}

impl WithSimd for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { inputs, head, output, logarithms } = self;
        let sizes = inputs.sizes;
        let [keys, width] = [sizes.keys, sizes.width].map(|size| size.next_multiple_of(S::F32_LANES));
        let (q, turned_keys) = (inputs.queries(head), Matrix::turned(inputs.keys(head), sizes.depth, keys));
        let values = Matrix::padded(inputs.values(head), sizes.width, width);
        let (mut packed, mut scores) = (Vec::new(), vec![0.0; ROWS * keys]);
        let (mut weights, mut rows) = (Vec::new(), vec![0.0; ROWS * width]);
        for first in (0..sizes.queries).step_by(ROWS) {
            block(q, sizes.depth, first, sizes.looking.scale as f32, &mut packed);
            turned_keys.times(simd, &packed, &mut scores);
            let there = ROWS.min(sizes.queries - first);
            let mut sums = [1.0; ROWS];
            for r in 0..there {
                let scores = &mut scores[r * keys..][..keys];
                inputs.finish(head, first + r, &mut scores[..sizes.keys]);
                // Whole vectors: what fills the last is nothing.
                scores[sizes.keys..].fill(f32::NEG_INFINITY);
                (sums[r], logarithms[first + r]) = exponentials(scores);
            }
            scores[there * keys..].fill(0.0);
            interleave(four(&scores, keys, sizes.keys), 1.0, &mut weights);
            values.times(simd, &weights, &mut rows);
            for r in 0..there {
                let output = &mut output[(first + r) * sizes.width..][..sizes.width];
                output.iter_mut().zip(&rows[r * width..]).for_each(|(out, x)| *out = x / sums[r]);
            }
        }
    }
}

/// Scores to exponentials beside the greatest, their sum, and its logarithm; of nothing, zeros, one, and infinity.
#[inline(always)]
pub(in crate::attention) fn exponentials(scores: &mut [f32]) -> (f32, f32) {
    let most = greatest(scores);
    if most == f32::NEG_INFINITY && scores.iter().all(|score| *score == most) {
        scores.fill(0.0);
        return (1.0, f32::INFINITY);
    }
    scores.iter_mut().for_each(|score| *score = exp(*score - most));
    let total = sum(scores, |x| x);
    (total, most + total.ln())
}

/// The greatest number; what is none is passed over.
#[inline(always)]
fn greatest(x: &[f32]) -> f32 {
    let mut most = [f32::NEG_INFINITY; 8];
    let chunks = x.chunks_exact(8);
    let rest = chunks.remainder().iter().copied().fold(f32::NEG_INFINITY, f32::max);
    for chunk in chunks {
        most.iter_mut().zip(chunk).for_each(|(most, x)| *most = most.max(*x));
    }
    most.into_iter().fold(rest, f32::max)
}
