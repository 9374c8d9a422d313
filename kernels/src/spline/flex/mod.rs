//! The same on the processor: sixteen numbers at a time, of whose parameters each has a column.

use std::mem::MaybeUninit;

use burn::backend::tensor::FloatTensor;
use burn::backend::{Flex, TensorMetadata};
use burn::prelude::*;
use pulp::{Simd, WithSimd};

use super::{Direction, Spline, SplineOps, reference};
use crate::flex::{all_straight, fresh_beside, numbers, tensor};
use crate::threads::parts_beside;
use crate::vectors::{sigmoid, widest};

mod block;
mod piece;

use block::{Block, LANES, Place, Slopes, lanes};
use piece::ln;

/// Numbers that are worth another thread.
const PART: usize = 1 << 10;

impl SplineOps for Flex {
    fn spline(
        x: FloatTensor<Self>,
        parameters: FloatTensor<Self>,
        spline: Spline,
        direction: Direction,
    ) -> FloatTensor<Self> {
        let Some(straight) = all_straight([&x, &parameters]) else {
            return reference::spline::<Self>(x, parameters, spline, direction);
        };
        let [values, all] = straight.each_ref().map(numbers);
        let (size, each) = (values.len(), spline.parameters());
        let mut both = vec![0.0; 2 * size];
        let (out, logs) = both.split_at_mut(size);
        parts_beside(out, PART, logs, PART, |from, out, logs| {
            let (x, parameters) = (&values[from..][..out.len()], &all[from * each..][..out.len() * each]);
            widest(Forward { x, parameters, spline, direction, out, logs });
        });
        let [rows, features] = x.shape().dims();
        tensor(both, Shape::new([2, rows, features]))
    }

    fn spline_backward(
        x: FloatTensor<Self>,
        parameters: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        spline: Spline,
        direction: Direction,
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        let Some(straight) = all_straight([&x, &parameters, &gradient]) else {
            return reference::backward::<Self>([x, parameters, gradient], spline, direction);
        };
        let [values, all, gradients] = straight.each_ref().map(numbers);
        let (each, gradients) = (spline.parameters(), gradients.split_at(values.len()));
        let mut dx = vec![0.0; values.len()];
        let dparameters = fresh_beside(all.len(), PART * each, &mut dx, PART, |from, out, dx| {
            let (parameters, part) = (&all[from..][..out.len()], from / each..from / each + dx.len());
            let x = &values[part.clone()];
            let gradients = [&gradients.0[part.clone()], &gradients.1[part]];
            widest(Backward { x, parameters, gradients, spline, direction, dx, out });
        });
        (tensor(dx, x.shape()), tensor(dparameters, parameters.shape()))
    }
}

struct Forward<'a> {
    x: &'a [f32],
    parameters: &'a [f32],
    spline: Spline,
    direction: Direction,
    out: &'a mut [f32],
    logs: &'a mut [f32],
}

impl WithSimd for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let mut block = Block::of(self.spline);
        let given = self.x.chunks(LANES).zip(self.parameters.chunks(LANES * self.spline.parameters()));
        let out = self.out.chunks_mut(LANES).zip(self.logs.chunks_mut(LANES));
        for ((x, parameters), (out, logs)) in given.zip(out) {
            block.read(parameters);
            let place = Place::of(x, self.spline);
            let bins = block.find(&place.at, self.direction);
            let (mut found, mut steep) = ([0.0; LANES], [0.0; LANES]);
            for (l, (found, steep)) in found.iter_mut().zip(&mut steep).enumerate() {
                let piece = bins.piece(l, place.at[l], self.direction);
                let (out, log) = (piece.out(self.direction) + place.turns[l], ln(piece.slope()));
                let log = if self.direction == Direction::Forward { log } else { -log };
                *found = if place.inside(l) { out } else { place.x[l] };
                *steep = if place.inside(l) { log } else { 0.0 };
            }
            out.copy_from_slice(&found[..out.len()]);
            logs.copy_from_slice(&steep[..logs.len()]);
        }
    }
}

struct Backward<'a> {
    x: &'a [f32],
    parameters: &'a [f32],
    /// Of the output, and of the logarithm.
    gradients: [&'a [f32]; 2],
    spline: Spline,
    direction: Direction,
    dx: &'a mut [f32],
    out: &'a mut [MaybeUninit<f32>],
}

impl WithSimd for Backward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let mut block = Block::of(self.spline);
        let each = LANES * self.spline.parameters();
        let given = self.x.chunks(LANES).zip(self.parameters.chunks(each));
        let gradients = self.gradients[0].chunks(LANES).zip(self.gradients[1].chunks(LANES));
        let out = self.dx.chunks_mut(LANES).zip(self.out.chunks_mut(each));
        for (((x, parameters), (by_out, by_log)), (dx, out)) in given.zip(gradients).zip(out) {
            block.read(parameters);
            let place = Place::of(x, self.spline);
            let bins = block.find(&place.at, self.direction);
            let (by_out, by_log) = (lanes(by_out), lanes(by_log));
            let mut input = [0.0; LANES];
            let mut slopes = Slopes::default();
            for l in 0..LANES {
                let piece = bins.piece(l, place.at[l], self.direction);
                let adjoint = piece.adjoint([by_out[l], by_log[l]], self.direction);
                let [a, b] = adjoint.slopes;
                let within = |x: f32| if place.inside(l) { x } else { 0.0 };
                input[l] = if place.inside(l) { adjoint.input } else { by_out[l] };
                slopes.edges[0][l] = within(adjoint.edges[0]);
                slopes.edges[1][l] = within(adjoint.edges[1]);
                slopes.sizes[0][l] = within(adjoint.sizes[0]);
                slopes.sizes[1][l] = within(adjoint.sizes[1]);
                slopes.ends[0][l] = within(a * sigmoid(bins.ends[0][l]));
                slopes.ends[1][l] = within(b * sigmoid(bins.ends[1][l]));
            }
            dx.copy_from_slice(&input[..dx.len()]);
            block.replace(&bins.index, &slopes);
            block.write(out);
        }
    }
}
