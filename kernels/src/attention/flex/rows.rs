//! Rows as the tiles of a product read them.

use pulp::Simd;

use crate::tile::{Block, ROWS};

/// A factor of products: its rows, each filled up to whole vectors.
pub(super) struct Matrix {
    values: Vec<f32>,
    width: usize,
    line: usize,
    /// Where each row begins.
    starts: Vec<usize>,
}

impl Matrix {
    /// `[rows, width]` as it is.
    pub fn padded(x: &[f32], width: usize, line: usize) -> Self {
        let mut matrix = Self::zero(x.len() / width, width, line);
        let rows = matrix.values.chunks_exact_mut(line).zip(x.chunks_exact(width));
        rows.for_each(|(out, row)| out[..width].copy_from_slice(row));
        matrix
    }

    /// `[width, rows]` turned.
    pub fn turned(x: &[f32], rows: usize, line: usize) -> Self {
        let mut matrix = Self::zero(rows, x.len() / rows, line);
        for (i, column) in x.chunks_exact(rows).enumerate() {
            column.iter().enumerate().for_each(|(row, value)| matrix.values[row * line + i] = *value);
        }
        matrix
    }

    fn zero(rows: usize, width: usize, line: usize) -> Self {
        let starts = (0..rows).map(|row| row * line).collect();
        Self { values: vec![0.0; rows * line], width, line, starts }
    }

    /// `out[r, p] = Σ_c weights[c, r] x[c, p]`, in lines as long as its own.
    #[inline(always)]
    pub fn times<S: Simd>(&self, simd: S, weights: &[f32], out: &mut [f32]) {
        // The rows are taps of one channel.
        let block = Block { weights, x: &self.values, channel: 0, offsets: &self.starts };
        block.compute(simd, self.width, out, self.line);
    }
}

/// `ROWS` rows of `[rows, width]` from `first` on, as `[width, ROWS]`, multiplied; rows that there are not are zero.
#[inline(always)]
pub(super) fn block(x: &[f32], width: usize, first: usize, scale: f32, out: &mut Vec<f32>) {
    let mut rows = x[first * width..].chunks_exact(width);
    let mut row = || rows.next().unwrap_or(&[]);
    let rows = [row(), row(), row(), row()];
    if rows[ROWS - 1].len() == width {
        return interleave(rows, scale, out);
    }
    out.clear();
    out.resize(width * ROWS, 0.0);
    for (r, row) in rows.into_iter().enumerate() {
        row.iter().enumerate().for_each(|(c, value)| out[c * ROWS + r] = scale * value);
    }
}

/// Rows of one length, one number of each after the other, multiplied.
#[inline(always)]
pub(super) fn interleave([a, b, c, d]: [&[f32]; ROWS], scale: f32, out: &mut Vec<f32>) {
    out.resize(a.len() * ROWS, 0.0);
    let rows = a.iter().zip(b).zip(c.iter().zip(d));
    for (out, ((a, b), (c, d))) in out.chunks_exact_mut(ROWS).zip(rows) {
        (out[0], out[1], out[2], out[3]) = (scale * a, scale * b, scale * c, scale * d);
    }
}

/// The beginnings of four rows, `line` numbers apart.
#[inline(always)]
pub(super) fn four(x: &[f32], line: usize, size: usize) -> [&[f32]; ROWS] {
    std::array::from_fn(|r| &x[r * line..][..size])
}
