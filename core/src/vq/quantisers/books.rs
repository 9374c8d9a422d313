//! Codebooks that are learnt, one for each depth, with the running counts and sums that they are learnt by.

use burn::module::Param;
use burn::prelude::*;

use super::clusters::{chosen, gathered, k_means, numbers};
use super::plain::Vq;
use super::{Quantised, Quantiser};
use crate::nn::{Init, Parametric};
use crate::random::Key;

/// Codebooks: the first of the vectors themselves, each further one of what those before have left.
#[derive(Module, Debug)]
pub(super) struct Books {
    /// `[depth, codes, dimensions]`.
    codes: Param<Tensor<3>>,
    /// `[depth, codes]`.
    counts: Param<Tensor<2>>,
    /// `[depth, codes, dimensions]`.
    sums: Param<Tensor<3>>,
    #[module(skip)]
    config: Vq,
}

/// One depth: codes, counts and sums.
#[derive(Clone)]
pub(super) struct Level {
    pub(super) codes: Tensor<2>,
    pub(super) counts: Tensor<1>,
    pub(super) sums: Tensor<2>,
}

impl Books {
    pub(super) fn new(config: &Vq, depth: usize, dimensions: usize, init: &Init) -> Self {
        let shape = [depth, config.codes, dimensions];
        let codes = init.at("codes").normal(shape, (dimensions as f64).sqrt().recip());
        let sums = Param::from_tensor(codes.val().detach());
        Self { codes, counts: init.constant([depth, config.codes], 1.0), sums, config: config.clone() }
    }

    /// Codes of one depth, in their place.
    fn codes(&self, depth: usize) -> Tensor<2> {
        self.config.matching.place(self.codes.val().narrow(0, depth, 1).squeeze_dim(0))
    }

    /// One depth, without autodiff.
    fn level(&self, depth: usize) -> Level {
        Level {
            codes: self.codes(depth).without_autodiff(),
            counts: self.counts.val().without_autodiff().narrow(0, depth, 1).squeeze_dim(0),
            sums: self.sums.val().without_autodiff().narrow(0, depth, 1).squeeze_dim(0),
        }
    }

    /// Changes depth after depth, each by what those before, already changed, leave of the vectors.
    fn change(&mut self, z: Tensor<2>, change: impl Fn(Level, &Tensor<2>, u32) -> Level) {
        let mut rest = self.config.matching.place(z);
        let mut levels = Vec::new();
        for depth in 0..self.depth() {
            let changed = change(self.level(depth), &rest, depth as u32);
            let codes = changed.codes.clone();
            rest = rest.clone() - codes.clone().select(0, numbers(rest, codes));
            levels.push(changed);
        }
        let flat = |of: fn(&Level) -> Tensor<1>| Tensor::cat(levels.iter().map(of).collect(), 0);
        let values = [
            flat(|level| level.codes.clone().reshape([-1])),
            flat(|level| level.counts.clone()),
            flat(|level| level.sums.clone().reshape([-1])),
        ];
        self.set_parameters(&values);
    }

    /// Codes at the means of clusters.
    fn clustered(&self, z: &Tensor<2>, key: Key) -> Level {
        let (config, size) = (&self.config, self.size());
        let codes = k_means(z, chosen(z, size, key), config.k_means, |codes| config.matching.place(codes));
        let (counts, _) = gathered(z.clone(), numbers(z.clone(), codes.clone()), size);
        let sums = codes.clone() * counts.clone().unsqueeze_dim::<2>(1);
        Level { codes, counts, sums }
    }

    /// Running counts and sums, the codes that follow from them, and vectors in the place of codes that are dead.
    pub(super) fn followed(&self, level: Level, z: &Tensor<2>, key: Key) -> Level {
        let (config, size) = (&self.config, self.size());
        let (n, m) = gathered(z.clone(), numbers(z.clone(), level.codes.clone()), size);
        let counts = level.counts * config.decay + n * (1.0 - config.decay);
        let sums = level.sums * config.decay + m * (1.0 - config.decay);
        let codes = config.codebook.codes(&counts, &sums).unwrap_or(level.codes);
        let level = Level { codes: config.matching.place(codes), counts, sums };
        if config.dead > 0.0 { revived(level, chosen(z, size, key), config.dead) } else { level }
    }
}

/// Codes whose count is under this share of the mean are moved to the vectors given, and count as the mean.
fn revived(level: Level, vectors: Tensor<2>, share: f64) -> Level {
    let Level { codes, counts, sums } = level;
    let mean = counts.clone().mean();
    let dead = counts.clone().lower((mean.clone() * share).expand(counts.dims()));
    let wide = dead.clone().unsqueeze_dim::<2>(1).expand(codes.dims());
    let counted = vectors.clone() * mean.clone().unsqueeze::<2>();
    Level {
        codes: codes.mask_where(wide.clone(), vectors),
        sums: sums.mask_where(wide, counted),
        counts: counts.clone().mask_where(dead, mean.expand(counts.dims())),
    }
}

impl Quantiser for Books {
    fn depth(&self) -> usize {
        self.codes.val().dims()[0]
    }

    fn size(&self) -> usize {
        self.config.codes
    }

    fn quantise(&self, z: Tensor<2>) -> Quantised {
        let z = self.config.matching.place(z);
        let (mut rest, mut whole) = (z.clone(), z.zeros_like().detach());
        let mut codes = Vec::new();
        let (mut distance, mut pull) = (Vec::new(), Vec::new());
        for depth in 0..self.depth() {
            let book = self.codes(depth);
            let number = numbers(rest.clone().detach(), book.clone().detach());
            let near = book.select(0, number.clone());
            let fixed = near.clone().detach();
            distance.push((rest.clone() - fixed.clone()).square().mean());
            pull.push((rest.clone().detach() - near).square().mean());
            rest = rest - fixed.clone();
            whole = whole + fixed;
            codes.push(number.float().unsqueeze_dim::<2>(1));
        }
        let mean = |parts: Vec<Tensor<1>>| Tensor::cat(parts, 0).mean();
        let distance = mean(distance);
        let committed = distance.clone() * self.config.beta;
        let penalty = if self.config.codebook.descends() { committed + mean(pull) } else { committed };
        let vectors = self.config.pass.through(z, whole);
        Quantised { vectors, codes: Tensor::cat(codes, 1), distance, penalty }
    }

    fn vectors(&self, codes: Tensor<2>) -> Tensor<2> {
        let looked_up = |depth: usize| {
            let book = self.codes(depth);
            let middle = book.clone().mean_dim(0);
            let number = codes.clone().narrow(1, depth, 1).clamp(0.0, self.size() as f64).round().int();
            Tensor::cat(vec![book, middle], 0).select(0, number.squeeze_dim(1))
        };
        (1..self.depth()).fold(looked_up(0), |whole, depth| whole + looked_up(depth))
    }

    fn follows(&self) -> bool {
        true
    }

    fn prepare(&mut self, z: Tensor<2>, key: Key) -> bool {
        if self.config.k_means == 0 {
            return false;
        }
        let own = self.clone();
        self.change(z, |_, rest, depth| own.clustered(rest, key.draw(depth)));
        true
    }

    fn follow(&mut self, z: Tensor<2>, key: Key) {
        let own = self.clone();
        self.change(z, |level, rest, depth| own.followed(level, rest, key.draw(depth)));
    }
}
