//! Gradients of one head of keys and values, and of the heads of queries that share it.

use pulp::{Simd, WithSimd};

use super::inputs::{Inputs, Sizes};
use super::rows::{Matrix, block, four, interleave};
use crate::tile::ROWS;
use crate::vectors::{exp, sum, sum_of_two};

/// Queries whose part in the gradients of keys and values is taken at a time.
const QUERIES: usize = 4 * ROWS;

/// Gradients of a head's keys and values, and of its queries and their biases, head after head.
pub(super) struct Found {
    pub dq: Vec<f32>,
    pub dk: Vec<f32>,
    pub dv: Vec<f32>,
    pub dbias: Vec<f32>,
}

/// One head of keys and values.
pub(super) struct Backward<'a> {
    pub inputs: &'a Inputs<'a>,
    /// Counted through the batch.
    pub shared: usize,
    pub logarithms: &'a [f32],
    pub gradient: &'a [f32],
}

impl WithSimd for Backward<'_> {
    type Output = Found;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Found {
        let sizes = self.inputs.sizes;
        let Sizes { queries, keys, depth, width, .. } = *sizes;
        let group = sizes.heads / sizes.few;
        let first = self.shared / sizes.few * sizes.heads + self.shared % sizes.few * group;
        let mut room = Room::new::<S>(self.inputs, first);
        let mut found = Found {
            dq: Vec::new(),
            dk: vec![0.0; keys * depth],
            dv: vec![0.0; keys * width],
            dbias: Vec::new(),
        };
        for head in first..first + group {
            let q = self.inputs.queries(head);
            let g = &self.gradient[head * queries * width..][..queries * width];
            let rows =
                Rows { inputs: self.inputs, head, q, g, logarithms: &self.logarithms[head * queries..] };
            let mut dbias = vec![0.0; sizes.bias[2] * sizes.bias[3]];
            for from in (0..queries).step_by(QUERIES) {
                let count = QUERIES.min(queries - from);
                for start in (from..from + count).step_by(ROWS) {
                    rows.slopes(simd, start, &mut room, &mut dbias);
                    room.keep(start - from, ROWS.min(queries - start), keys);
                    rows.queries(simd, start, &mut room, &mut found.dq);
                }
                rows.gather(simd, from, count, &mut room, &mut found);
            }
            found.dbias.extend(dbias);
        }
        let scale = sizes.looking.scale as f32;
        found.dk.iter_mut().for_each(|x| *x *= scale);
        found
    }
}

/// Keys and values as products read them, and room for what is made of some queries.
struct Room<'a> {
    /// Of a row of scores, of keys and of values, with what fills the last vector.
    lines: [usize; 3],
    turned_keys: Matrix<'a>,
    turned_values: Matrix<'a>,
    padded_keys: Matrix<'a>,
    packed: Vec<f32>,
    product: Vec<f32>,
    /// Of four queries: weights, and the gradients of scores.
    weights: Vec<f32>,
    slopes: Vec<f32>,
    /// The same of `QUERIES`.
    all_weights: Vec<f32>,
    all_slopes: Vec<f32>,
}

impl<'a> Room<'a> {
    #[inline(always)]
    fn new<S: Simd>(inputs: &Inputs<'a>, head: usize) -> Self {
        let Sizes { keys, depth, width, .. } = *inputs.sizes;
        let lines @ [line, deep, wide] = [keys, depth, width].map(|size| size.next_multiple_of(S::F32_LANES));
        let (k, v) = (inputs.keys(head), inputs.values(head));
        Self {
            lines,
            turned_keys: Matrix::turned(k, depth, line),
            turned_values: Matrix::turned(v, width, line),
            padded_keys: Matrix::padded(k, depth, deep),
            packed: Vec::new(),
            product: vec![0.0; ROWS * deep.max(wide)],
            weights: vec![0.0; ROWS * line],
            slopes: vec![0.0; ROWS * line],
            all_weights: vec![0.0; QUERIES * keys],
            all_slopes: vec![0.0; QUERIES * keys],
        }
    }

    /// Keeps the weights and slopes of `count` queries from `at` on.
    fn keep(&mut self, at: usize, count: usize, keys: usize) {
        for r in 0..count {
            let (place, row) =
                ((at + r) * keys..(at + r + 1) * keys, r * self.lines[0]..r * self.lines[0] + keys);
            self.all_weights[place.clone()].copy_from_slice(&self.weights[row.clone()]);
            self.all_slopes[place].copy_from_slice(&self.slopes[row]);
        }
    }
}

/// The queries of one head.
struct Rows<'a> {
    inputs: &'a Inputs<'a>,
    head: usize,
    q: &'a [f32],
    g: &'a [f32],
    logarithms: &'a [f32],
}

impl Rows<'_> {
    /// Weights and slopes of the four queries from `start` on.
    #[inline(always)]
    fn slopes<S: Simd>(&self, simd: S, start: usize, room: &mut Room<'_>, dbias: &mut [f32]) {
        let sizes = self.inputs.sizes;
        let (keys, line) = (sizes.keys, room.lines[0]);
        block(self.q, sizes.depth, start, sizes.looking.scale as f32, &mut room.packed);
        room.turned_keys.times(simd, &room.packed, &mut room.weights);
        block(self.g, sizes.width, start, 1.0, &mut room.packed);
        room.turned_values.times(simd, &room.packed, &mut room.slopes);
        let there = ROWS.min(sizes.queries - start);
        for r in 0..there {
            let weights = &mut room.weights[r * line..][..keys];
            let slopes = &mut room.slopes[r * line..][..keys];
            self.inputs.finish(self.head, start + r, weights);
            soften(weights, slopes, self.logarithms[start + r]);
            add_to_bias(slopes, start + r, sizes.bias, dbias);
        }
        room.slopes[there * line..].fill(0.0);
    }

    /// `dq = a ds k` of these four.
    #[inline(always)]
    fn queries<S: Simd>(&self, simd: S, start: usize, room: &mut Room<'_>, dq: &mut Vec<f32>) {
        let sizes = self.inputs.sizes;
        let [line, deep, _] = room.lines;
        let scale = sizes.looking.scale as f32;
        interleave(four(&room.slopes, line, sizes.keys), scale, &mut room.packed);
        room.padded_keys.times(simd, &room.packed, &mut room.product);
        let rows = room.product.chunks_exact(deep).take(ROWS.min(sizes.queries - start));
        rows.for_each(|row| dq.extend_from_slice(&row[..sizes.depth]));
    }

    /// Adds what `count` queries from `from` on give to `dk / a = dsᵀ q` and `dv = Pᵀ g`.
    #[inline(always)]
    fn gather<S: Simd>(&self, simd: S, from: usize, count: usize, room: &mut Room<'_>, found: &mut Found) {
        let Sizes { keys, depth, width, .. } = *self.inputs.sizes;
        let [_, deep, wide] = room.lines;
        let Room { packed, product, all_weights, all_slopes, .. } = room;
        let sets = [
            (&*all_slopes, self.q, [depth, deep], &mut found.dk),
            (&*all_weights, self.g, [width, wide], &mut found.dv),
        ];
        for (weights, x, [width, line], out) in sets {
            let x = Matrix::padded(&x[from * width..(from + count) * width], width, line);
            for (first, out) in (0..keys).step_by(ROWS).zip(out.chunks_mut(ROWS * width)) {
                columns(&weights[..count * keys], keys, first, packed);
                x.times(simd, packed, product);
                for (out, sums) in out.chunks_exact_mut(width).zip(product.chunks_exact(line)) {
                    out.iter_mut().zip(sums).for_each(|(out, sum)| *out += sum);
                }
            }
        }
    }
}

/// Scores to weights `P`, and the gradients of weights to those of scores, `P (dP − Σ P dP)`.
///
/// The sum is `Σ g o` without the rounding of `o`: where one key has all the weight, nothing is left.
#[inline(always)]
fn soften(scores: &mut [f32], slopes: &mut [f32], logarithm: f32) {
    if logarithm == f32::INFINITY {
        scores.fill(0.0);
        return slopes.fill(0.0);
    }
    scores.iter_mut().for_each(|score| *score = exp(*score - logarithm));
    let along = sum_of_two(scores, slopes, |weight, slope| weight * slope);
    slopes.iter_mut().zip(scores).for_each(|(slope, weight)| *slope = *weight * (*slope - along));
}

/// Adds the slopes of query `i` to the gradient of a bias of this shape.
#[inline(always)]
fn add_to_bias(slopes: &[f32], i: usize, [_, _, queries, keys]: [usize; 4], dbias: &mut [f32]) {
    match &mut dbias[if queries == 1 { 0 } else { i * keys }..][..keys] {
        [one] => *one += sum(slopes, |x| x),
        row => row.iter_mut().zip(slopes).for_each(|(row, slope)| *row += slope),
    }
}

/// Four columns of `[rows, keys]` from `first` on, as `[rows, ROWS]`; columns that there are not are zero.
#[inline(always)]
fn columns(weights: &[f32], keys: usize, first: usize, out: &mut Vec<f32>) {
    out.clear();
    for row in weights.chunks_exact(keys) {
        out.extend_from_slice(&row[first..(first + ROWS).min(keys)]);
        out.resize(out.len().next_multiple_of(ROWS), 0.0);
    }
}
