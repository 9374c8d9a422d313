//! The same on the processor: a row is read while it lies in the nearest cache.

use std::mem::MaybeUninit;

use burn::backend::tensor::FloatTensor;
use burn::backend::{Flex, TensorMetadata};
use pulp::{Simd, WithSimd};

use super::{EPSILON, LayerNormOps, reference, reference_backward};
use crate::flex::{Primitive, all_straight, fresh, fresh_beside, numbers, tensor};
use crate::vectors::{moments, sum, sum_of_two, widest};

impl LayerNormOps for Flex {
    fn layer_norm_of_rows(
        x: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        let sizes = Sizes::of(&x, &gamma);
        let Some(straight) = all_straight([&x, &gamma, &beta]) else {
            return reference::<Self>(x, gamma, beta);
        };
        let [values, gammas, betas] = straight.each_ref().map(numbers);
        let y = fresh(values.len(), sizes.sample(), |from, out| {
            for (i, out) in out.chunks_exact_mut(sizes.sample()).enumerate() {
                let sample = from / sizes.sample() + i;
                let x = &values[sample * sizes.sample()..][..sizes.sample()];
                let [gamma, beta] = [gammas, betas].map(|all| sizes.line(all, sample));
                widest(Forward { x, gamma, beta, out });
            }
        });
        tensor(y, x.shape())
    }

    fn layer_norm_of_rows_backward(
        x: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        let sizes = Sizes::of(&x, &gamma);
        let Some(straight) = all_straight([&x, &gamma, &gradient]) else {
            return reference_backward::<Self>(x, gamma, gradient);
        };
        let [values, gammas, slopes] = straight.each_ref().map(numbers);
        // Of each sample: the sums for `γ`, then those for `β`.
        let (mut sums, each) = (vec![0.0; 2 * sizes.batch * sizes.width], 2 * sizes.width);
        let dx = fresh_beside(values.len(), sizes.sample(), &mut sums, each, |from, out, sums| {
            let samples = out.chunks_exact_mut(sizes.sample()).zip(sums.chunks_exact_mut(each));
            for (i, (out, sums)) in samples.enumerate() {
                let sample = from / sizes.sample() + i;
                let part = sample * sizes.sample()..(sample + 1) * sizes.sample();
                let (dgamma, dbeta) = sums.split_at_mut(sizes.width);
                let (x, gradient) = (&values[part.clone()], &slopes[part]);
                widest(Backward { x, gamma: sizes.line(gammas, sample), gradient, dgamma, dbeta, out });
            }
        });
        let summed = |first: usize| {
            let mut lines = vec![0.0; sizes.rows * sizes.width];
            for (sample, sums) in sums.chunks_exact(each).enumerate() {
                let line = &mut lines[sample % sizes.rows * sizes.width..][..sizes.width];
                line.iter_mut().zip(&sums[first..]).for_each(|(line, sum)| *line += sum);
            }
            tensor(lines, gamma.shape())
        };
        (tensor(dx, x.shape()), summed(0), summed(sizes.width))
    }
}

/// Of the tensors.
struct Sizes {
    batch: usize,
    /// Rows of a sample.
    height: usize,
    width: usize,
    /// Of scale and shift: the batch's or one.
    rows: usize,
}

impl Sizes {
    fn of(x: &Primitive, gamma: &Primitive) -> Self {
        let [batch, height, width] = x.shape().dims();
        Self { batch, height, width, rows: gamma.shape()[0] }
    }

    /// Numbers of a sample.
    fn sample(&self) -> usize {
        self.height * self.width
    }

    /// What belongs to a sample.
    fn line<'a>(&self, all: &'a [f32], sample: usize) -> &'a [f32] {
        &all[sample % self.rows * self.width..][..self.width]
    }
}

struct Forward<'a> {
    x: &'a [f32],
    gamma: &'a [f32],
    beta: &'a [f32],
    out: &'a mut [MaybeUninit<f32>],
}

impl WithSimd for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let width = self.gamma.len();
        for (out, x) in self.out.chunks_exact_mut(width).zip(self.x.chunks_exact(width)) {
            let (mean, scale) = moments(x, EPSILON as f32);
            let lines = self.gamma.iter().zip(self.beta);
            for ((out, x), (gamma, beta)) in out.iter_mut().zip(x).zip(lines) {
                out.write((x - mean) * scale * gamma + beta);
            }
        }
    }
}

struct Backward<'a> {
    x: &'a [f32],
    gamma: &'a [f32],
    gradient: &'a [f32],
    dgamma: &'a mut [f32],
    dbeta: &'a mut [f32],
    out: &'a mut [MaybeUninit<f32>],
}

impl WithSimd for Backward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let width = self.gamma.len();
        let mut sloped = vec![0.0; width];
        let rows = self.x.chunks_exact(width).zip(self.gradient.chunks_exact(width));
        for (out, (x, g)) in self.out.chunks_exact_mut(width).zip(rows) {
            let (mean, scale) = moments(x, EPSILON as f32);
            let sums = self.dgamma.iter_mut().zip(&mut *self.dbeta).zip(x.iter().zip(g));
            for ((dgamma, dbeta), (x, g)) in sums {
                *dgamma += g * ((x - mean) * scale);
                *dbeta += g;
            }
            sloped.iter_mut().zip(g).zip(self.gamma).for_each(|((sloped, g), gamma)| *sloped = g * gamma);
            let plain = sum(&sloped, |g| g) / width as f32;
            let along = sum_of_two(&sloped, x, |g, x| g * (x - mean)) * scale * scale / width as f32;
            for (out, (x, g)) in out.iter_mut().zip(x.iter().zip(&sloped)) {
                out.write((g - plain - (x - mean) * along) * scale);
            }
        }
    }
}
