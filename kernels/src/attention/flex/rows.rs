//! Rows as the tiles of a product read them.

use std::borrow::Cow;

use pulp::Simd;

use crate::tile::{Block, ROWS, Taps};

/// A factor of products: its rows, each filled up to whole vectors.
pub(super) struct Matrix<'a> {
    values: Cow<'a, [f32]>,
    width: usize,
    line: usize,
    /// Where each row begins.
    starts: Taps,
}

impl<'a> Matrix<'a> {
    /// `[rows, width]` as it is.
    pub fn padded(x: &'a [f32], width: usize, line: usize) -> Self {
        let starts = Taps::at((0..x.len() / width).map(|row| row * line));
        if width == line {
            return Self { values: Cow::Borrowed(x), width, line, starts };
        }
        let mut values = vec![0.0; x.len() / width * line];
        let rows = values.chunks_exact_mut(line).zip(x.chunks_exact(width));
        rows.for_each(|(out, row)| out[..width].copy_from_slice(row));
        Self { values: Cow::Owned(values), width, line, starts }
    }

    /// `[width, rows]` turned.
    #[inline(always)]
    pub fn turned(x: &[f32], rows: usize, line: usize) -> Self {
        let mut values = vec![0.0; rows * line];
        turn(x, rows, line, &mut values);
        let starts = Taps::at((0..rows).map(|row| row * line));
        Self { values: Cow::Owned(values), width: x.len() / rows, line, starts }
    }

    /// `out[r, p] = Σ_c weights[c, r] x[c, p]`, in lines as long as its own.
    #[inline(always)]
    pub fn times<S: Simd>(&self, simd: S, weights: &[f32], out: &mut [f32]) {
        // The rows are taps of one channel.
        let block = Block { weights, x: &self.values, channel: 0, taps: &self.starts };
        block.compute(simd, self.width, false, out, self.line);
    }
}

/// `[columns, rows]` to `[rows, line]`, in squares of four by four, which are turned in registers.
#[inline(always)]
fn turn(x: &[f32], rows: usize, line: usize, out: &mut [f32]) {
    let squares = rows / 4 * 4;
    let fours = x.chunks_exact(4 * rows);
    let (whole, rest) = (fours.len() * 4, fours.remainder());
    for (i, four) in fours.enumerate() {
        let columns: [&[f32]; 4] = std::array::from_fn(|k| &four[k * rows..][..rows]);
        for row in (0..squares).step_by(4) {
            let square: [[f32; 4]; 4] =
                columns.map(|column| std::array::from_fn(|k| column[row..row + 4][k]));
            for k in 0..4 {
                out[(row + k) * line + 4 * i..][..4].copy_from_slice(&square.map(|column| column[k]));
            }
        }
        for row in squares..rows {
            out[row * line + 4 * i..][..4].copy_from_slice(&columns.map(|column| column[row]));
        }
    }
    for (i, column) in rest.chunks_exact(rows).enumerate() {
        column.iter().enumerate().for_each(|(row, value)| out[row * line + whole + i] = *value);
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
