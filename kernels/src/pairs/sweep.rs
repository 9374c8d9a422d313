//! Every pair of rows of two sets on the processor: four rows of the one beside two vectors of rows of the other, in registers.

use std::marker::PhantomData;

use pulp::{Simd, WithSimd};

use crate::vectors::{Lanes, widest};

/// Rows that pass a panel of the other set while it lies in the nearest cache.
pub(super) const BLOCK: usize = 64;
/// Rows that are computed together.
const ROWS: usize = 4;
/// Vectors that are computed together.
const VECTORS: usize = 2;
/// Numbers in as many of the longest vectors there are.
pub(super) const WIDEST: usize = 16 * VECTORS;
/// Terms of a sum that are added before they are added to it: long sums lose fewer digits.
const TERMS: usize = 256;

/// Rows as tiles read them: as many together as a tile has places, one number of each after the other.
pub(super) struct Panels {
    /// `[panels, dim, width]`, filled up with zeros.
    values: Vec<f32>,
    rows: usize,
    dim: usize,
    width: usize,
}

impl Panels {
    pub(super) fn of(rows: &[f32], dim: usize) -> Self {
        let width = VECTORS * widest(Lanes);
        let count = rows.len() / dim;
        let mut values = vec![0.0; count.next_multiple_of(width) * dim];
        for (panel, rows) in values.chunks_exact_mut(width * dim).zip(rows.chunks(width * dim)) {
            for (j, row) in rows.chunks_exact(dim).enumerate() {
                row.iter().enumerate().for_each(|(c, value)| panel[c * width + j] = *value);
            }
        }
        Self { values, rows: count, dim, width }
    }
}

/// A sum over the numbers of two rows.
pub(super) trait Pair {
    /// Another term.
    fn add<S: Simd>(simd: S, x: S::f32s, y: S::f32s, sum: S::f32s) -> S::f32s;
}

/// `Σ (x − y)²`.
pub(super) struct Squares;

impl Pair for Squares {
    #[inline(always)]
    fn add<S: Simd>(simd: S, x: S::f32s, y: S::f32s, sum: S::f32s) -> S::f32s {
        let apart = simd.sub_f32s(x, y);
        simd.mul_add_e_f32s(apart, apart, sum)
    }
}

/// `Σ x y`.
pub(super) struct Products;

impl Pair for Products {
    #[inline(always)]
    fn add<S: Simd>(simd: S, x: S::f32s, y: S::f32s, sum: S::f32s) -> S::f32s {
        simd.mul_add_e_f32s(x, y, sum)
    }
}

/// What becomes of the sums.
pub(super) trait Reduce {
    /// Takes those of row `row` of the block with rows of the other set from `first` on: `there` of the `values` mean something.
    fn take(&mut self, row: usize, first: usize, values: &mut [f32], there: usize);
}

/// A block of rows beside all rows of the other set, in their order.
pub(super) struct Sweep<'a, P, R> {
    /// `[at most BLOCK, dim]`.
    pub x: &'a [f32],
    pub panels: &'a Panels,
    pub pair: PhantomData<P>,
    pub reduce: &'a mut R,
}

impl<P: Pair, R: Reduce> WithSimd for Sweep<'_, P, R> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { x, panels, reduce, .. } = self;
        let (dim, width) = (panels.dim, VECTORS * S::F32_LANES);
        assert_eq!(width, panels.width);
        let (rows, groups) = (x.len() / dim, interleaved(x, dim));
        let mut values = [[0.0; WIDEST]; ROWS];
        for (panel, y) in panels.values.chunks_exact(width * dim).enumerate() {
            let first = panel * width;
            let there = width.min(panels.rows - first);
            for (group, x) in groups.chunks_exact(dim).enumerate() {
                let from = group * ROWS;
                // A function of its own, of which there is one, not one wherever it is called.
                Simd::vectorize(simd, Tile { x, y, pair: PhantomData::<P>, values: &mut values });
                for (r, values) in values.iter_mut().enumerate().take(rows - from) {
                    reduce.take(from + r, first, &mut values[..width], there);
                }
            }
        }
    }
}

/// Rows in groups of four, one number of each after the other: `[groups, dim]`; rows that there are not are zero.
fn interleaved(x: &[f32], dim: usize) -> Vec<[f32; ROWS]> {
    let mut groups = vec![[0.0; ROWS]; x.len().div_ceil(ROWS * dim) * dim];
    for (i, row) in x.chunks_exact(dim).enumerate() {
        let group = &mut groups[i / ROWS * dim..][..dim];
        group.iter_mut().zip(row).for_each(|(group, value)| group[i % ROWS] = *value);
    }
    groups
}

/// A group of rows beside a panel.
struct Tile<'a, P> {
    x: &'a [[f32; ROWS]],
    y: &'a [f32],
    pair: PhantomData<P>,
    values: &'a mut [[f32; WIDEST]; ROWS],
}

impl<P: Pair> WithSimd for Tile<'_, P> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { x, y, values, .. } = self;
        let (y, _) = S::as_simd_f32s(y).0.as_chunks::<VECTORS>();
        let mut totals = [[simd.splat_f32s(0.0); VECTORS]; ROWS];
        for (x, y) in x.chunks(TERMS).zip(y.chunks(TERMS)) {
            let mut sums = [[simd.splat_f32s(0.0); VECTORS]; ROWS];
            for (x, y) in x.iter().zip(y) {
                for (sums, x) in sums.iter_mut().zip(x) {
                    let x = simd.splat_f32s(*x);
                    for (sum, y) in sums.iter_mut().zip(y) {
                        *sum = P::add(simd, x, *y, *sum);
                    }
                }
            }
            for (total, sum) in totals.as_flattened_mut().iter_mut().zip(sums.as_flattened()) {
                *total = simd.add_f32s(*total, *sum);
            }
        }
        for (values, totals) in values.iter_mut().zip(totals) {
            S::as_mut_simd_f32s(values).0[..VECTORS].copy_from_slice(&totals);
        }
    }
}
