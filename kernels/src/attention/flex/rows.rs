//! Rows as the tiles of a product read them.

use pulp::Simd;

use crate::tile::{Block, ROWS};

/// `out[r, p] = Σ_c weights[c, r] x[c, p]` for `width` of p; `x` and `out` have lines of `line` numbers.
#[inline(always)]
pub(super) fn multiply<S: Simd>(
    simd: S,
    weights: &[f32],
    x: &[f32],
    [width, line]: [usize; 2],
    out: &mut [f32],
) {
    Block { weights, x, channel: line, offsets: &[0] }.compute(simd, width, out, line);
}

/// `[rows, columns]` to `[columns, line]`, with zeros at the lines' ends.
pub(super) fn turned(x: &[f32], columns: usize, line: usize) -> Vec<f32> {
    let mut out = vec![0.0; columns * line];
    for (r, row) in x.chunks_exact(columns).enumerate() {
        row.iter().enumerate().for_each(|(c, value)| out[c * line + r] = *value);
    }
    out
}

/// `[rows, columns]` to `[rows, line]`, with zeros at the lines' ends.
pub(super) fn padded(x: &[f32], columns: usize, line: usize) -> Vec<f32> {
    let mut out = vec![0.0; x.len() / columns * line];
    let rows = out.chunks_exact_mut(line).zip(x.chunks_exact(columns));
    rows.for_each(|(out, row)| out[..columns].copy_from_slice(row));
    out
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
