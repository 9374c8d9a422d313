//! Some numbers beside one another, and the bins that they are in.

use std::mem::MaybeUninit;

use super::super::{Direction, Spline, UNIT};
use super::piece::{Piece, knot};
use crate::vectors::exp;

/// Numbers that are computed beside one another.
pub(super) const LANES: usize = 16;
type Lanes = [f32; LANES];

/// Zero where there are too few.
#[inline(always)]
pub(super) fn lanes(x: &[f32]) -> Lanes {
    let mut lanes = [0.0; LANES];
    lanes[..x.len()].copy_from_slice(x);
    lanes
}

/// `f` of each.
#[inline(always)]
fn each(f: impl Fn(usize) -> f32) -> Lanes {
    let mut lanes = [0.0; LANES];
    for (l, lane) in lanes.iter_mut().enumerate() {
        *lane = f(l);
    }
    lanes
}

/// Where numbers are.
pub(super) struct Place {
    pub x: Lanes,
    /// Within the bounds, or brought there.
    pub at: Lanes,
    /// What turns of the circle come to.
    pub turns: Lanes,
    /// How far there are splines.
    reach: f32,
}

impl Place {
    #[inline(always)]
    pub(super) fn of(x: &[f32], spline: Spline) -> Self {
        let (x, bound) = (lanes(x), spline.bound as f32);
        let (mut turns, mut reach) = ([0.0; LANES], bound);
        if spline.circular {
            turns = each(|l| ((x[l] + bound) * (0.5 / bound)).floor() * (2.0 * bound));
            reach = f32::INFINITY;
        }
        let at = each(|l| {
            let at = x[l] - turns[l];
            let at = if at < -bound { -bound } else { at };
            if at > bound { bound } else { at }
        });
        Self { x, at, turns, reach }
    }

    #[inline(always)]
    pub(super) fn inside(&self, l: usize) -> bool {
        self.x[l].abs() <= self.reach
    }
}

/// Bins of numbers.
#[derive(Default)]
pub(super) struct Bins {
    /// The left and the lower.
    edges: [Lanes; 2],
    /// Width and height.
    sizes: [Lanes; 2],
    /// Parameters of the slopes at either end, `d + c`.
    pub ends: [Lanes; 2],
    /// Which of the bins it is.
    pub index: Lanes,
}

impl Bins {
    #[inline(always)]
    pub(super) fn piece(&self, l: usize, at: f32, direction: Direction) -> Piece {
        let edges = [self.edges[0][l], self.edges[1][l]];
        let sizes = [self.sizes[0][l], self.sizes[1][l]];
        let slopes = [knot(self.ends[0][l]), knot(self.ends[1][l])];
        Piece::of(at, edges, sizes, slopes, direction)
    }
}

/// Which of them something holds for: all bits, or none. A choice by bits is one that vectors make.
struct Mask([u32; LANES]);

impl Mask {
    #[inline(always)]
    fn of(holds: impl Fn(usize) -> bool) -> Self {
        let mut mask = [0; LANES];
        for (l, mask) in mask.iter_mut().enumerate() {
            *mask = if holds(l) { u32::MAX } else { 0 };
        }
        Self(mask)
    }

    #[inline(always)]
    fn take(&self, to: &mut Lanes, from: &Lanes) {
        for ((to, from), mask) in to.iter_mut().zip(from).zip(&self.0) {
            *to = f32::from_bits((from.to_bits() & mask) | (to.to_bits() & !mask));
        }
    }
}

/// Gradients of the edges, of the sizes, and of the slopes' parameters.
#[derive(Default)]
pub(super) struct Slopes {
    pub edges: [Lanes; 2],
    pub sizes: [Lanes; 2],
    pub ends: [Lanes; 2],
}

/// What their parameters say, a column for each number.
pub(super) struct Block {
    spline: Spline,
    /// Of widths and of heights.
    shares: [Vec<Lanes>; 2],
    /// Of the slopes at all knots.
    ends: Vec<Lanes>,
}

impl Block {
    pub(super) fn of(spline: Spline) -> Self {
        let columns = |count| vec![[0.0; LANES]; count];
        Self { spline, shares: [columns(spline.bins), columns(spline.bins)], ends: columns(spline.bins + 1) }
    }

    #[inline(always)]
    pub(super) fn read(&mut self, parameters: &[f32]) {
        let Spline { bins, circular, .. } = self.spline;
        let within = usize::from(!circular)..bins;
        for (l, parameters) in parameters.chunks_exact(self.spline.parameters()).enumerate() {
            let (widths, rest) = parameters.split_at(bins);
            let (heights, ends) = rest.split_at(bins);
            fill(&mut self.shares[0], l, widths);
            fill(&mut self.shares[1], l, heights);
            fill(&mut self.ends[within.clone()], l, ends);
        }
        if circular {
            self.ends[bins] = self.ends[0];
        } else {
            self.ends[0] = [0.0; LANES];
            self.ends[bins] = [0.0; LANES];
        }
        for shares in &mut self.shares {
            softmax(shares);
        }
    }

    /// The last whose edge has been reached.
    #[inline(always)]
    pub(super) fn find(&self, at: &Lanes, direction: Direction) -> Bins {
        let [share, least] = self.spline.sizes().map(|size| size as f32);
        let mut edges = [[-self.spline.bound as f32; LANES]; 2];
        let mut found = Bins::default();
        let axis = usize::from(direction == Direction::Inverse);
        for k in 0..self.spline.bins {
            let reached = Mask::of(|l| at[l] >= edges[axis][l]);
            for (axis, edges) in edges.iter_mut().enumerate() {
                let shares = &self.shares[axis][k];
                let sizes = each(|l| shares[l] * share + least);
                reached.take(&mut found.edges[axis], edges);
                reached.take(&mut found.sizes[axis], &sizes);
                *edges = each(|l| edges[l] + sizes[l]);
            }
            reached.take(&mut found.ends[0], &self.ends[k]);
            reached.take(&mut found.ends[1], &self.ends[k + 1]);
            reached.take(&mut found.index, &[k as f32; LANES]);
        }
        for ends in &mut found.ends {
            *ends = each(|l| ends[l] + UNIT as f32);
        }
        found
    }

    /// The parameters' gradients in their place.
    #[inline(always)]
    pub(super) fn replace(&mut self, index: &Lanes, slopes: &Slopes) {
        let [share, _] = self.spline.sizes().map(|size| size as f32);
        for (axis, shares) in self.shares.iter_mut().enumerate() {
            let by_size = |k: usize, l: usize| {
                let own = if k as f32 == index[l] { slopes.sizes[axis][l] } else { 0.0 };
                if (k as f32) < index[l] { slopes.edges[axis][l] } else { own }
            };
            let mut mean = [0.0; LANES];
            for (k, shares) in shares.iter().enumerate() {
                mean = each(|l| mean[l] + shares[l] * by_size(k, l));
            }
            for (k, shares) in shares.iter_mut().enumerate() {
                *shares = each(|l| shares[l] * (by_size(k, l) - mean[l]) * share);
            }
        }
        for (k, ends) in self.ends.iter_mut().enumerate() {
            *ends = each(|l| {
                let left = if k as f32 == index[l] { slopes.ends[0][l] } else { 0.0 };
                if k as f32 == index[l] + 1.0 { slopes.ends[1][l] } else { left }
            });
        }
        if self.spline.circular {
            let last = self.ends[self.spline.bins];
            self.ends[0] = each(|l| self.ends[0][l] + last[l]);
        }
    }

    /// As they were read.
    #[inline(always)]
    pub(super) fn write(&self, out: &mut [MaybeUninit<f32>]) {
        let within = usize::from(!self.spline.circular)..self.spline.bins;
        for (l, out) in out.chunks_exact_mut(self.spline.parameters()).enumerate() {
            let (widths, rest) = out.split_at_mut(self.spline.bins);
            let (heights, ends) = rest.split_at_mut(self.spline.bins);
            empty(&self.shares[0], l, widths);
            empty(&self.shares[1], l, heights);
            empty(&self.ends[within.clone()], l, ends);
        }
    }
}

/// One number of each column.
#[inline(always)]
fn fill(columns: &mut [Lanes], l: usize, values: &[f32]) {
    for (column, value) in columns.iter_mut().zip(values) {
        column[l % LANES] = *value;
    }
}

/// The other way.
#[inline(always)]
fn empty(columns: &[Lanes], l: usize, out: &mut [MaybeUninit<f32>]) {
    for (column, out) in columns.iter().zip(out) {
        out.write(column[l % LANES]);
    }
}

/// `e^(x − max) / Σ e^(x − max)`, a column at a time.
#[inline(always)]
fn softmax(columns: &mut [Lanes]) {
    let mut most = [f32::MIN; LANES];
    for column in columns.iter() {
        most = each(|l| if column[l] > most[l] { column[l] } else { most[l] });
    }
    let mut sum = [0.0; LANES];
    for column in columns.iter_mut() {
        *column = each(|l| exp(column[l] - most[l]));
        sum = each(|l| sum[l] + column[l]);
    }
    let share = each(|l| 1.0 / sum[l]);
    for column in columns {
        *column = each(|l| column[l] * share[l]);
    }
}
