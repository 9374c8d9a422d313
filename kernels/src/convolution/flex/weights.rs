//! The gradients of weights and biases.

use pulp::{Simd, WithSimd};

use super::plan::Plan;
use crate::threads;
use crate::tile::{COLUMNS, Products, ROWS};
use crate::vectors::{Lanes, sum, widest};

/// Places whose products are summed before they leave the registers.
const PLACES: usize = 1024;

/// Of a forward pass: its input, and its output's gradient.
pub(super) struct WeightGradient<'a> {
    pub plan: &'a Plan,
    /// `[batch, channels, height, width]`.
    pub x: &'a [f32],
    pub channels: usize,
    pub size: [usize; 2],
    /// `[batch, rows, out height, out width]`.
    pub gradient: &'a [f32],
    pub rows: usize,
    pub out: [usize; 2],
}

impl WeightGradient<'_> {
    /// `[rows, channels, taps]`.
    pub fn compute(&self) -> Vec<f32> {
        let pass = &self.plan.passes[0];
        let (layout, taps) = (&self.plan.layout, pass.taps.len());
        let places = pass.places(layout.row).next_multiple_of(widest(Lanes));
        let rows = self.rows.next_multiple_of(ROWS);
        let columns: Vec<usize> = (0..self.channels)
            .flat_map(|c| pass.taps.iter().map(move |tap| c * layout.channel() + tap.offset))
            .collect();
        let (read, seen) =
            (self.channels * self.size[0] * self.size[1], self.rows * self.out[0] * self.out[1]);
        let batch = self.x.len() / read;
        let samples = (PLACES / places).clamp(1, batch);

        let mut x = vec![0.0; samples * layout.size()];
        let mut g = vec![0.0; samples * rows * places];
        let mut sums = vec![0.0; rows * columns.len()];
        for first in (0..batch).step_by(samples) {
            let count = samples.min(batch - first);
            for n in 0..count {
                let sample = first + n;
                layout.lay(&self.x[sample * read..][..read], self.size, &mut x[n * layout.size()..]);
                let gradient = &self.gradient[sample * seen..][..seen];
                lay(gradient, self.out, layout.row, places, &mut g[n * rows * places..]);
            }
            let products = |row: usize| Products {
                rows: &g[row * places..],
                row_sample: rows * places,
                places,
                x: &x,
                x_sample: layout.size(),
                samples: count,
            };
            threads::parts(&mut sums, ROWS * columns.len(), |from, sums| {
                for (block, sums) in sums.chunks_exact_mut(ROWS * columns.len()).enumerate() {
                    let products = products(from / columns.len() + block * ROWS);
                    widest(Add { products, columns: &columns, sums });
                }
            });
        }
        sums.truncate(self.rows * self.channels * taps);
        sums
    }
}

/// Copies a gradient `[rows, height, width]` to rows as far apart as those of what it is multiplied with, zeros between them.
fn lay(gradient: &[f32], [height, width]: [usize; 2], row: usize, places: usize, out: &mut [f32]) {
    for (from, out) in gradient.chunks_exact(height * width).zip(out.chunks_exact_mut(places)) {
        for (y, from) in from.chunks_exact(width).enumerate() {
            out[y * row..][..width].copy_from_slice(from);
        }
    }
}

/// Adds products to a block of rows of the sums.
struct Add<'a> {
    products: Products<'a>,
    columns: &'a [usize],
    sums: &'a mut [f32],
}

impl WithSimd for Add<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        for (i, columns) in self.columns.chunks(COLUMNS).enumerate() {
            let offsets = std::array::from_fn(|k| columns[k.min(columns.len() - 1)]);
            let found = self.products.compute(simd, offsets);
            for (sums, found) in self.sums.chunks_exact_mut(self.columns.len()).zip(found) {
                let sums = &mut sums[i * COLUMNS..][..columns.len()];
                sums.iter_mut().zip(found).for_each(|(sum, found)| *sum += found);
            }
        }
    }
}

/// For each channel the sum over the batch and all places.
pub(super) struct Sums<'a> {
    /// `[batch, channels, places]`.
    pub values: &'a [f32],
    pub channels: usize,
    pub places: usize,
}

impl WithSimd for Sums<'_> {
    type Output = Vec<f32>;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> Vec<f32> {
        let mut sums = vec![0.0; self.channels];
        for (i, values) in self.values.chunks_exact(self.places).enumerate() {
            sums[i % self.channels] += sum(values, |x| x);
        }
        sums
    }
}
