//! The same on the processor: some rows at a time, whose parameters are brought together, so that vectors are full where rows are short.

use burn::backend::tensor::FloatTensor;
use burn::backend::{Flex, TensorMetadata};
use burn::prelude::*;
use pulp::{Simd, WithSimd};

use super::{CouplingOps, Direction, reference, sign};
use crate::flex::{Primitive, all_straight, numbers, tensor};
use crate::threads::parts_beside;
use crate::vectors::{exp, sum, tanh, widest};

/// Numbers that are worth another thread.
const PART: usize = 1 << 13;
/// Numbers that lie in the nearest cache with all that is made of them.
const NEAR: usize = 1 << 10;

/// The tensors as they are numbered; `None` in another precision, or where there is nothing to do.
fn fit<const N: usize>(tensors: [&Primitive; N]) -> Option<[Primitive; N]> {
    let some = tensors.iter().all(|x| x.shape().num_elements() > 0);
    some.then(|| all_straight(tensors))?
}

impl CouplingOps for Flex {
    fn coupling(
        x: FloatTensor<Self>,
        parameters: FloatTensor<Self>,
        bound: f64,
        direction: Direction,
    ) -> FloatTensor<Self> {
        let Some(straight) = fit([&x, &parameters]) else {
            return reference::coupling::<Self>(x, parameters, bound, direction);
        };
        let ([rows, features], [values, all]) = (x.shape().dims(), straight.each_ref().map(numbers));
        let told = Told { features, bound: bound as f32, direction };
        let mut both = vec![0.0; values.len() + rows];
        let (out, logs) = both.split_at_mut(values.len());
        parts_beside(out, told.rows(PART) * features, logs, told.rows(PART), |from, out, logs| {
            let (x, parameters) = (&values[from..][..out.len()], &all[2 * from..][..2 * out.len()]);
            widest(Forward { told, x, parameters, out, logs });
        });
        tensor(both, Shape::new([values.len() + rows]))
    }

    fn coupling_backward(
        x: FloatTensor<Self>,
        parameters: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        bound: f64,
        direction: Direction,
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        let Some(straight) = fit([&x, &parameters, &gradient]) else {
            return reference::backward::<Self>([x, parameters, gradient], bound, direction);
        };
        let (features, [values, all, gradients]) = (x.shape()[1], straight.each_ref().map(numbers));
        let (by_out, by_log) = gradients.split_at(values.len());
        let told = Told { features, bound: bound as f32, direction };
        let [mut dx, mut dparameters] = [values, all].map(|x| vec![0.0; x.len()]);
        let part = told.rows(PART) * features;
        parts_beside(&mut dx, part, &mut dparameters, 2 * part, |from, dx, dparameters| {
            let (x, by_out) = (&values[from..][..dx.len()], &by_out[from..][..dx.len()]);
            let parameters = &all[2 * from..][..2 * dx.len()];
            let by_log = &by_log[from / features..][..dx.len() / features];
            widest(Backward { told, x, parameters, by_out, by_log, dx, dparameters });
        });
        (tensor(dx, x.shape()), tensor(dparameters, parameters.shape()))
    }
}

#[derive(Clone, Copy)]
struct Told {
    features: usize,
    bound: f32,
    direction: Direction,
}

impl Told {
    /// Rows of about so many numbers.
    fn rows(self, numbers: usize) -> usize {
        (numbers / self.features).max(1)
    }

    /// Copies the halves of each row to where they are beside those of the next.
    #[inline(always)]
    fn read(self, parameters: &[f32], raw: &mut [f32], shift: &mut [f32]) {
        let halves = raw.chunks_exact_mut(self.features).zip(shift.chunks_exact_mut(self.features));
        for (row, (raw, shift)) in parameters.chunks_exact(2 * self.features).zip(halves) {
            let (a, b) = row.split_at(self.features);
            raw.copy_from_slice(a);
            shift.copy_from_slice(b);
        }
    }

    /// The other way.
    #[inline(always)]
    fn write(self, raw: &[f32], shift: &[f32], parameters: &mut [f32]) {
        let halves = raw.chunks_exact(self.features).zip(shift.chunks_exact(self.features));
        for (row, (raw, shift)) in parameters.chunks_exact_mut(2 * self.features).zip(halves) {
            let (a, b) = row.split_at_mut(self.features);
            a.copy_from_slice(raw);
            b.copy_from_slice(shift);
        }
    }
}

struct Forward<'a> {
    told: Told,
    x: &'a [f32],
    parameters: &'a [f32],
    out: &'a mut [f32],
    logs: &'a mut [f32],
}

impl WithSimd for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Told { features, bound, direction } = self.told;
        let (rows, least, most) = (self.told.rows(NEAR), 1.0 / bound, sign(direction) as f32 * bound);
        let numbers = rows * features;
        let [mut scale, mut shift] = [(); 2].map(|()| vec![0.0; numbers]);
        let given = self.x.chunks(numbers).zip(self.parameters.chunks(2 * numbers));
        let found = self.out.chunks_mut(numbers).zip(self.logs.chunks_mut(rows));
        for ((x, parameters), (out, logs)) in given.zip(found) {
            let (scale, shift) = (&mut scale[..x.len()], &mut shift[..x.len()]);
            self.told.read(parameters, scale, shift);
            scale.iter_mut().for_each(|s| *s = most * tanh(*s * least));
            let all = out.iter_mut().zip(x).zip(scale.iter().zip(shift.iter()));
            match direction {
                Direction::Forward => all.for_each(|((out, x), (s, t))| *out = x * exp(*s) + t),
                Direction::Inverse => all.for_each(|((out, y), (s, t))| *out = (y - t) * exp(*s)),
            }
            logs.iter_mut().zip(scale.chunks_exact(features)).for_each(|(log, s)| *log = sum(s, |s| s));
        }
    }
}

struct Backward<'a> {
    told: Told,
    x: &'a [f32],
    parameters: &'a [f32],
    by_out: &'a [f32],
    by_log: &'a [f32],
    dx: &'a mut [f32],
    dparameters: &'a mut [f32],
}

impl WithSimd for Backward<'_> {
    type Output = ();

    /// As in the reference.
    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Told { features, bound, direction } = self.told;
        let (rows, least, sign) = (self.told.rows(NEAR), 1.0 / bound, sign(direction) as f32);
        let numbers = rows * features;
        let [mut raw, mut shift] = [(); 2].map(|()| vec![0.0; numbers]);
        let given = self.x.chunks(numbers).zip(self.parameters.chunks(2 * numbers));
        let gradients = self.by_out.chunks(numbers).zip(self.by_log.chunks(rows));
        let found = self.dx.chunks_mut(numbers).zip(self.dparameters.chunks_mut(2 * numbers));
        for (((x, parameters), (by_out, by_log)), (dx, dparameters)) in given.zip(gradients).zip(found) {
            let (raw, shift) = (&mut raw[..x.len()], &mut shift[..x.len()]);
            self.told.read(parameters, raw, shift);
            // Until a gradient is there, its place holds that of its row's logarithm.
            dx.chunks_exact_mut(features).zip(by_log).for_each(|(dx, log)| dx.fill(*log));
            let both = raw.iter_mut().zip(shift.iter_mut()).zip(x.iter().zip(by_out));
            for (dx, ((raw, shift), (x, by_out))) in dx.iter_mut().zip(both) {
                let (log, bent) = (*dx, tanh(*raw * least));
                *dx = by_out * exp(sign * bound * bent);
                let (multiplied, dshift) = match direction {
                    Direction::Forward => (*x, *by_out),
                    Direction::Inverse => (x - *shift, -*dx),
                };
                *raw = sign * (*dx * multiplied + log) * (1.0 - bent * bent);
                *shift = dshift;
            }
            self.told.write(raw, shift, dparameters);
        }
    }
}
