//! What is read, and of what size it is.

use burn::backend::TensorMetadata;

use super::super::Looking;
use crate::flex::Primitive;

/// Of the tensors.
pub(in crate::attention) struct Sizes {
    pub batch: usize,
    pub heads: usize,
    /// Heads of keys and values.
    pub few: usize,
    pub queries: usize,
    pub keys: usize,
    /// Keys that there is room for: from one head's first to the next head's.
    pub capacity: usize,
    /// Of queries and keys, and of values.
    pub depth: usize,
    pub width: usize,
    pub bias: [usize; 4],
    pub seen: [usize; 2],
    pub looking: Looking,
}

impl Sizes {
    pub fn of([q, k, v, bias, seen]: [&Primitive; 5], looking: Looking) -> Self {
        let [batch, heads, queries, depth] = q.shape().dims();
        let [_, few, keys, _] = k.shape().dims();
        let (width, bias, seen) = (v.shape()[3], bias.shape().dims(), seen.shape().dims());
        Self { batch, heads, few, queries, keys, capacity: keys, depth, width, bias, seen, looking }
    }

    /// The head of keys and values that this one, counted through the batch, looks at.
    pub fn shared(&self, head: usize) -> usize {
        head / self.heads * self.few + head % self.heads / (self.heads / self.few)
    }

    /// Those rows of keys or values.
    fn rows<'a>(&self, of: &'a [f32], head: usize, width: usize) -> &'a [f32] {
        &of[self.shared(head) * self.capacity * width..][..self.keys * width]
    }
}

/// What is read.
pub(in crate::attention) struct Inputs<'a> {
    pub sizes: &'a Sizes,
    pub q: &'a [f32],
    pub k: &'a [f32],
    pub v: &'a [f32],
    pub bias: &'a [f32],
    pub seen: &'a [f32],
}

impl<'a> Inputs<'a> {
    pub fn queries(&self, head: usize) -> &'a [f32] {
        let size = self.sizes.queries * self.sizes.depth;
        &self.q[head * size..][..size]
    }

    pub fn keys(&self, head: usize) -> &'a [f32] {
        self.sizes.rows(self.k, head, self.sizes.depth)
    }

    pub fn values(&self, head: usize) -> &'a [f32] {
        self.sizes.rows(self.v, head, self.sizes.width)
    }

    /// Adds the bias of query `i` to its scores, and takes away those of keys that it does not see.
    #[inline(always)]
    pub fn finish(&self, head: usize, i: usize, scores: &mut [f32]) {
        let sizes = self.sizes;
        let [b, h, t, s] = sizes.bias;
        let place = |size: usize, at: usize| if size == 1 { 0 } else { at };
        let (sample, head) = (head / sizes.heads, head % sizes.heads);
        let row = ((place(b, sample) * h + place(h, head)) * t + place(t, i)) * s;
        match &self.bias[row..row + s] {
            [one] if *one == 0.0 => {}
            [one] => scores.iter_mut().for_each(|score| *score += one),
            row => scores.iter_mut().zip(row).for_each(|(score, bias)| *score += bias),
        }
        let [b, s] = sizes.seen;
        let row = &self.seen[place(b, sample) * s..][..s];
        match row {
            [one] if *one == 0.0 => scores.fill(f32::NEG_INFINITY),
            [_] => {}
            row => {
                for (score, seen) in scores.iter_mut().zip(row) {
                    *score = if *seen == 0.0 { f32::NEG_INFINITY } else { *score };
                }
            }
        }
        scores[sizes.looking.reach(i, sizes.queries, sizes.keys)..].fill(f32::NEG_INFINITY);
    }
}
