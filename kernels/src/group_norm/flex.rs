//! The same on the processor: a group is read while it lies in the nearest cache.

use std::mem::MaybeUninit;

use burn::backend::tensor::FloatTensor;
use burn::backend::{Flex, TensorMetadata};
use burn::prelude::*;
use pulp::{Simd, WithSimd};

use super::{EPSILON, GroupNormOps, reference, reference_backward};
use crate::activation::After;
use crate::activation::flex::{silu, silu_slope};
use crate::flex::{Primitive, all_straight, fresh, fresh_beside, numbers, tensor};
use crate::vectors::{moments, sum, sum_of_two, widest};

/// Numbers that are worth another thread.
const PART: usize = 1 << 14;

impl GroupNormOps for Flex {
    fn group_norm(
        x: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        groups: usize,
        after: After,
    ) -> FloatTensor<Self> {
        let sizes = Sizes::of(&x, &gamma, groups);
        let Some([values, gammas, betas]) = all_straight([&x, &gamma, &beta]) else {
            return reference::<Self>(x, gamma, beta, groups, after);
        };
        let [values, gammas, betas] = [&values, &gammas, &betas].map(numbers);
        let y = fresh(values.len(), sizes.part(), |from, out| {
            for (i, out) in out.chunks_mut(sizes.group()).enumerate() {
                let group = from / sizes.group() + i;
                let x = &values[group * sizes.group()..][..sizes.group()];
                let [gamma, beta] = [gammas, betas].map(|all| sizes.channels(all, group));
                widest(Forward { x, gamma, beta, after, out });
            }
        });
        tensor(y, x.shape())
    }

    fn group_norm_backward(
        x: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        groups: usize,
        after: After,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        let sizes = Sizes::of(&x, &gamma, groups);
        let Some([values, gammas, betas, slopes]) = all_straight([&x, &gamma, &beta, &gradient]) else {
            return reference_backward::<Self>([x, gamma, beta, gradient], groups, after);
        };
        let [values, gammas, betas, slopes] = [&values, &gammas, &betas, &slopes].map(numbers);
        let mut sums = vec![Sums::default(); sizes.batch * sizes.channels];
        let each = sizes.part() / sizes.places;
        let dx = fresh_beside(values.len(), sizes.part(), &mut sums, each, |from, out, sums| {
            let mut g = vec![0.0; sizes.group()];
            let groups = out.chunks_mut(sizes.group()).zip(sums.chunks_mut(sizes.width));
            for (i, (out, sums)) in groups.enumerate() {
                let group = from / sizes.group() + i;
                let part = group * sizes.group()..(group + 1) * sizes.group();
                let (x, gradient) = (&values[part.clone()], &slopes[part]);
                let [gamma, beta] = [gammas, betas].map(|all| sizes.channels(all, group));
                widest(Backward { x, gamma, beta, gradient, after, g: &mut g, sums, out });
            }
        });
        let summed = |of: fn(&Sums) -> f32| {
            let rows = sizes.rows;
            let each = |i: usize| sums.iter().skip(i).step_by(rows * sizes.channels).map(of).sum();
            tensor((0..rows * sizes.channels).map(each).collect(), Shape::new([rows, sizes.channels]))
        };
        (tensor(dx, x.shape()), summed(|sums| sums.along), summed(|sums| sums.plain))
    }
}

/// Of the tensors.
struct Sizes {
    batch: usize,
    channels: usize,
    places: usize,
    /// Channels of a group.
    width: usize,
    /// Of scale and shift: the batch's or one.
    rows: usize,
}

impl Sizes {
    fn of(x: &Primitive, gamma: &Primitive, groups: usize) -> Self {
        let [batch, channels, height, width] = x.shape().dims();
        Self { batch, channels, places: height * width, width: channels / groups, rows: gamma.shape()[0] }
    }

    /// Numbers of a group.
    fn group(&self) -> usize {
        self.width * self.places
    }

    /// Numbers of as many groups as are worth a thread.
    fn part(&self) -> usize {
        self.group() * (PART / self.group()).max(1)
    }

    /// What belongs to the channels of this group, counted through the batch.
    fn channels<'a>(&self, all: &'a [f32], group: usize) -> &'a [f32] {
        let from = group * self.width % (self.rows * self.channels);
        &all[from..from + self.width]
    }
}

struct Forward<'a> {
    x: &'a [f32],
    gamma: &'a [f32],
    beta: &'a [f32],
    after: After,
    out: &'a mut [MaybeUninit<f32>],
}

impl WithSimd for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let (mean, scale) = moments(self.x, EPSILON as f32);
        let places = self.x.len() / self.gamma.len();
        let channels = self.out.chunks_exact_mut(places).zip(self.x.chunks_exact(places));
        for ((out, x), (gamma, beta)) in channels.zip(self.gamma.iter().zip(self.beta)) {
            let slope = gamma * scale;
            let pairs = out.iter_mut().zip(x);
            match self.after {
                After::Nothing => pairs.for_each(|(out, x)| _ = out.write((x - mean) * slope + beta)),
                After::Silu => pairs.for_each(|(out, x)| {
                    out.write(silu((x - mean) * slope + beta));
                }),
            }
        }
    }
}

/// Of a channel: `Σ g` and `Σ g x̂`.
#[derive(Clone, Default)]
struct Sums {
    plain: f32,
    along: f32,
}

struct Backward<'a> {
    x: &'a [f32],
    gamma: &'a [f32],
    beta: &'a [f32],
    gradient: &'a [f32],
    after: After,
    /// Room for the gradient of what came before the activation.
    g: &'a mut [f32],
    sums: &'a mut [Sums],
    out: &'a mut [MaybeUninit<f32>],
}

impl WithSimd for Backward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let (mean, scale) = moments(self.x, EPSILON as f32);
        let (size, places) = (self.x.len() as f32, self.x.len() / self.gamma.len());
        let (mut plain, mut along) = (0.0, 0.0);
        for (c, sums) in self.sums.iter_mut().enumerate() {
            let part = c * places..(c + 1) * places;
            let (x, g) = (&self.x[part.clone()], &mut self.g[part.clone()]);
            let (gamma, beta) = (self.gamma[c], self.beta[c]);
            let triples = g.iter_mut().zip(x).zip(&self.gradient[part]);
            match self.after {
                After::Nothing => triples.for_each(|((g, _), gradient)| *g = *gradient),
                After::Silu => triples.for_each(|((g, x), gradient)| {
                    *g = silu_slope((x - mean) * (gamma * scale) + beta) * gradient;
                }),
            }
            sums.plain = sum(g, |g| g);
            sums.along = sum_of_two(g, x, |g, x| g * (x - mean)) * scale;
            plain += gamma * sums.plain;
            along += gamma * sums.along;
        }
        // (gγ − mean(gγ) − x̂ mean(gγ x̂)) / sqrt(var + ε)
        let (plain, along) = (plain / size, along * scale / size);
        for (c, gamma) in self.gamma.iter().enumerate() {
            let part = c * places..(c + 1) * places;
            let triples = self.out[part.clone()].iter_mut().zip(&self.x[part.clone()]).zip(&self.g[part]);
            triples.for_each(|((out, x), g)| _ = out.write((gamma * g - plain - (x - mean) * along) * scale));
        }
    }
}
