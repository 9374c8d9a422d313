//! A walk from noise to data: what it goes by, and all of its steps at once.

use std::cell::Cell;

use burn::prelude::*;

use super::{Denoiser, Evaluation, NoiseSource, SamplerConfig, Term, Vector};
use crate::schedules::{Level, Schedule};
use crate::{Error, Result};

/// Where a walk goes: its denoiser, its schedule, its levels, its noise.
pub struct Walk<'a> {
    /// The model.
    pub denoiser: &'a dyn Denoiser,
    /// The frame in which steps are taken.
    pub schedule: &'a dyn Schedule,
    /// Every level that is visited, from noise to data.
    pub levels: &'a [Level],
    /// The least `σ/α` that the model has learnt.
    bottom: f64,
    noise: &'a dyn NoiseSource,
    step: Cell<usize>,
    draws: Cell<u32>,
    evaluations: Cell<usize>,
}

impl<'a> Walk<'a> {
    /// A walk that has not begun.
    pub fn new(
        denoiser: &'a dyn Denoiser,
        schedule: &'a dyn Schedule,
        levels: &'a [Level],
        noise: &'a dyn NoiseSource,
    ) -> Self {
        let (step, draws, evaluations) = (Cell::new(0), Cell::new(0), Cell::new(0));
        Self { denoiser, schedule, levels, bottom: f64::INFINITY, noise, step, draws, evaluations }
    }

    /// The same with a model that has learnt levels down to `σ/α = ratio`.
    pub fn down_to(self, ratio: f64) -> Self {
        Self { bottom: ratio, ..self }
    }

    /// Goes to step `index`, counted from 0: it keys the noise.
    pub fn begin(&self, index: usize) {
        self.step.set(index);
        self.draws.set(0);
    }

    /// Which step this is, from 0.
    pub fn step(&self) -> usize {
        self.step.get()
    }

    /// Steps in all.
    pub fn steps(&self) -> usize {
        self.levels.len().saturating_sub(1)
    }

    /// Evaluations of the denoiser so far.
    pub fn evaluations(&self) -> usize {
        self.evaluations.get()
    }

    /// Where a sampler that chooses its own steps stops: at the last level or, where that is data, at the bottom of the model's range,
    /// from where one denoises. Of a model whose range is not known that is the last level above data.
    pub fn bottom(&self) -> Level {
        let above = self.levels.iter().rfind(|level| level.sigma > 0.0);
        let last = *above.expect("a walk should begin above data");
        let into_data = self.levels.last().is_some_and(|level| level.sigma == 0.0);
        // What rounding leaves is no way to go.
        if into_data && last.ratio() > self.bottom * (1.0 + 1e-9) {
            return self.at(self.schedule.time(self.bottom));
        }
        last
    }

    /// The mean of the data given `x` at that level.
    pub fn denoise(&self, x: &Vector, at: Level) -> Vector {
        self.evaluate(x, at, at).mean
    }

    /// What is said of `x` before a step from one level to another: see [`Denoiser::evaluate`].
    pub fn evaluate(&self, x: &Vector, from: Level, to: Level) -> Evaluation {
        self.denoiser.evaluate(self.asked(x, from), from.ratio(), to.ratio())
    }

    /// Counts an evaluation; `x/α`, which is what a denoiser is asked.
    fn asked(&self, x: &Vector, at: Level) -> Vector {
        self.evaluations.set(self.evaluations.get() + 1);
        if at.alpha == 1.0 { x.clone() } else { Vector::sum([(1.0 / at.alpha, x.clone())]) }
    }

    /// The noise in `x` given its mean `D`: `n̂ = (x − α D)/σ`.
    pub fn epsilon(&self, x: Vector, denoised: Vector, at: Level) -> Vector {
        Vector::sum(epsilon(x, denoised, at))
    }

    /// `dx/dt = α̇ D + σ̇ (x − α D)/σ`.
    pub fn slope(&self, x: &Vector, at: Level) -> Vector {
        let [of_x, of_data] = self.slope_weights(at);
        Vector::sum([(of_x, x.clone()), (of_data, self.denoise(x, at))])
    }

    /// The multiples of `x` and of `D` that are `dx/dt`, gathered in double precision.
    pub(super) fn slope_weights(&self, at: Level) -> [f64; 2] {
        let (d_alpha, d_sigma) = (self.schedule.d_alpha(at.t), self.schedule.d_sigma(at.t));
        [d_sigma / at.sigma, d_alpha - d_sigma * at.alpha / at.sigma]
    }

    /// The level of the schedule at time `t`, for stages between two levels.
    pub fn at(&self, t: f64) -> Level {
        Level::at(self.schedule, t)
    }

    /// Fresh noise of this step: standard normal, `[batch, features]`, another at each call.
    pub fn draw(&self) -> Vector {
        let draw = self.draws.get();
        self.draws.set(draw + 1);
        self.noise.fresh(self.step.get() as u32, draw)
    }

    /// `(W(b) − W(a))/sqrt(|b − a|)` of the walk's one Brownian path `W`: the path does not change with the number of steps.
    pub fn brownian(&self, a: f64, b: f64) -> Vector {
        self.noise.brownian(a, b).into()
    }
}

/// The terms of the noise in `x` given its mean.
pub(super) fn epsilon(x: Vector, denoised: Vector, at: Level) -> [Term; 2] {
    [(1.0 / at.sigma, x), (-at.alpha / at.sigma, denoised)]
}

/// Walks `x` down the levels at once; [`crate::model::Generation`] is the same step by step.
pub fn walk(config: &SamplerConfig, walk: &Walk, x: Tensor<2>) -> Result<Tensor<2>> {
    if walk.levels.len() < 2 {
        return Err(Error::argument("a walk needs two levels at least"));
    }
    config.check()?;
    let mut sampler = config.build();
    let end = walk.levels.windows(2).enumerate().try_fold(Vector::from(x), |x, (i, pair)| {
        walk.begin(i);
        sampler.step(walk, x, pair[0], pair[1])
    });
    end.map(Vector::into_tensor)
}
