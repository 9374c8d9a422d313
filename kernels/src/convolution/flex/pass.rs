//! A convolution sample by sample: forward, and its input's gradient.

use std::mem::MaybeUninit;
use std::ops::Range;

use pulp::{Simd, WithSimd};

use super::plan::{Pass, Plan};
use crate::activation::After;
use crate::activation::flex::silu;
use crate::flex::fresh;
use crate::tile::{Block, ROWS};
use crate::vectors::widest;

/// Numbers that are worth another thread.
const PART: usize = 1 << 14;
/// Numbers that lie in the nearest cache beside the weights of some rows.
const NEAR: usize = 1 << 13;

/// What is convolved with what.
pub(super) struct Convolving<'a> {
    pub plan: &'a Plan,
    /// `[batch, channels, height, width]`.
    pub x: &'a [f32],
    pub channels: usize,
    pub size: [usize; 2],
    /// Of the outputs, with their sides.
    pub rows: usize,
    pub out: [usize; 2],
    /// For each pass, blocks of `[channels, taps, ROWS]`.
    pub weights: Vec<Vec<f32>>,
    /// What follows the sums of outputs; nothing follows those of gradients.
    pub finish: Option<Finish<'a>>,
}

/// What follows a sum: `after(sum + bias) + residual`.
#[derive(Clone, Copy)]
pub(super) struct Finish<'a> {
    /// One for each row.
    pub bias: &'a [f32],
    pub after: After,
    /// Lies as the outputs do.
    pub residual: Option<&'a [f32]>,
}

/// The weights of a pass as its tiles read them: `weight(row, channel, tap)`, in blocks of rows, the last filled up with zeros.
pub(super) fn blocks(
    pass: &Pass,
    rows: usize,
    channels: usize,
    weight: impl Fn(usize, usize, usize) -> f32,
) -> Vec<f32> {
    let mut packed = Vec::with_capacity(rows.next_multiple_of(ROWS) * channels * pass.taps.len());
    for first in (0..rows).step_by(ROWS) {
        for channel in 0..channels {
            for tap in &pass.taps {
                let at = |row| if row < rows { weight(row, channel, tap.kernel) } else { 0.0 };
                packed.extend((first..first + ROWS).map(at));
            }
        }
    }
    packed
}

impl Convolving<'_> {
    /// `[batch, rows, out height, out width]`.
    pub fn compute(&self) -> Vec<f32> {
        let (read, written) =
            (self.channels * self.size[0] * self.size[1], self.rows * self.out[0] * self.out[1]);
        let batch = self.x.len() / read;
        fresh(batch * written, written * (PART / written).max(1), |from, out| {
            let mut laid = vec![0.0; self.plan.layout.size()];
            let mut room = Vec::new();
            for (i, out) in out.chunks_exact_mut(written).enumerate() {
                let sample = from / written + i;
                self.plan.layout.lay(&self.x[sample * read..][..read], self.size, &mut laid);
                let finish = self.finish.map(|finish| finish.of(sample * written..(sample + 1) * written));
                widest(Sample { convolving: self, finish, laid: &laid, room: &mut room, out });
            }
        })
    }
}

struct Sample<'a> {
    convolving: &'a Convolving<'a>,
    finish: Option<Finish<'a>>,
    laid: &'a [f32],
    room: &'a mut Vec<f32>,
    out: &'a mut [MaybeUninit<f32>],
}

impl WithSimd for Sample<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Convolving { plan, channels, rows, out: [height, width], weights, .. } = self.convolving;
        for (pass, weights) in plan.passes.iter().zip(weights) {
            let layout = &plan.layout;
            let places = pass.places(layout.row);
            let line = places.next_multiple_of(S::F32_LANES);
            let size = weights.len() / rows.div_ceil(ROWS);
            // Some channels at a time, which lie in the nearest cache while all rows read them.
            let parts = (channels * layout.channel()).div_ceil(NEAR);
            let part = channels.div_ceil(parts);
            let together = if parts == 1 { ROWS } else { rows.next_multiple_of(ROWS) };
            self.room.resize(together * line, 0.0);
            for first in (0..*rows).step_by(together) {
                let group = first..(first + together).min(*rows);
                for from in (0..*channels).step_by(part) {
                    let count = part.min(channels - from);
                    let taps = pass.taps(layout, count);
                    let x = &self.laid[from * layout.channel()..];
                    let weight = pass.taps.len() * ROWS;
                    for (row, room) in
                        group.clone().step_by(ROWS).zip(self.room.chunks_exact_mut(ROWS * line))
                    {
                        let weights = &weights[row / ROWS * size..][from * weight..][..count * weight];
                        let block = Block { weights, x, channel: layout.channel(), taps: &taps };
                        block.compute(simd, places, from > 0, room, line);
                    }
                }
                for row in group.clone() {
                    let part = row * height * width..(row + 1) * height * width;
                    let (sums, out) =
                        (&mut self.room[(row - first) * line..][..line], &mut self.out[part.clone()]);
                    match self.finish {
                        Some(finish) => finish.of(part).write(row, sums, layout.row, *width, out),
                        None => scatter(pass, sums, layout.row, *width, out),
                    }
                }
            }
        }
    }
}

impl Finish<'_> {
    /// Of these outputs.
    #[inline(always)]
    fn of(self, part: Range<usize>) -> Self {
        Self { residual: self.residual.map(|residual| &residual[part]), ..self }
    }

    /// Writes the outputs of one row of weights, lines that are one after the other; the sums' lie `line` apart.
    #[inline(always)]
    fn write(self, row: usize, sums: &mut [f32], line: usize, width: usize, out: &mut [MaybeUninit<f32>]) {
        let shift = self.bias[row];
        match self.after {
            After::Nothing => self.lines(sums, line, width, out, |x| x + shift),
            After::Silu => {
                // With what lies between the lines: whole vectors.
                sums.iter_mut().for_each(|x| *x = silu(*x + shift));
                self.lines(sums, line, width, out, |x| x);
            }
        }
    }

    #[inline(always)]
    fn lines(
        self,
        sums: &[f32],
        line: usize,
        width: usize,
        out: &mut [MaybeUninit<f32>],
        f: impl Fn(f32) -> f32,
    ) {
        for (i, out) in out.chunks_exact_mut(width).enumerate() {
            let pairs = out.iter_mut().zip(&sums[i * line..]);
            match self.residual {
                None => pairs.for_each(|(out, x)| _ = out.write(f(*x))),
                Some(residual) => {
                    let triples = pairs.zip(&residual[i * width..]);
                    triples.for_each(|((out, x), r)| _ = out.write(f(*x) + r));
                }
            }
        }
    }
}

/// Writes the gradients of a pass to their places, without what lies between the lines.
#[inline(always)]
fn scatter(pass: &Pass, from: &[f32], line: usize, width: usize, out: &mut [MaybeUninit<f32>]) {
    for i in 0..pass.count[0] {
        let from = &from[i * line..][..pass.count[1]];
        let out = &mut out[(pass.start[0] + i * pass.step[0]) * width + pass.start[1]..];
        if pass.step[1] == 1 {
            out.iter_mut().zip(from).for_each(|(out, x)| _ = out.write(*x));
        } else {
            let out = out.iter_mut().step_by(pass.step[1]);
            out.zip(from).for_each(|(out, x)| _ = out.write(*x));
        }
    }
}
