//! Samplers: ways to walk `x` from noise down to data.
//!
//! They solve `dx/dt = α̇ D + σ̇ (x − α D)/σ`, the probability-flow ODE of a schedule (Song et al. 2021, Eq. 13; Karras et al. 2022,
//! Eq. 4), or an SDE with the same marginals, where `D(x/α; σ/α)` is the denoiser: the mean of the data given the noisy sample.

mod euler;
mod heun;
mod ddim;
mod ddpm;
mod dpmpp_2m;

use std::cell::Cell;

use burn::prelude::*;

use crate::random::{Key, Purpose};
use crate::schedules::{Level, Schedule};
use crate::{Error, Result};

/// `D(x; σ)`: the least-squares estimate of the clean `y` inside `x = y + σ n`. Rows: `[batch, features]`.
pub trait Denoiser {
    /// Evaluates `D(x; σ)`.
    fn denoise(&self, x: Tensor<2>, sigma: f64) -> Tensor<2>;
}

impl<F: Fn(Tensor<2>, f64) -> Tensor<2>> Denoiser for F {
    fn denoise(&self, x: Tensor<2>, sigma: f64) -> Tensor<2> {
        self(x, sigma)
    }
}

/// What a sampler's configuration promises and makes.
pub trait Solver {
    /// Order of accuracy on a smooth ODE, to which the contract test holds it; for a stochastic one, of its drift.
    fn order(&self) -> u32;

    /// Whether it adds noise on its way.
    fn stochastic(&self) -> bool {
        false
    }

    /// Evaluations of the denoiser a step.
    fn evaluations(&self) -> usize {
        1
    }

    /// A walker at the start of its walk.
    fn build(&self) -> Box<dyn Sampler>;
}

/// One rule for moving `x` from a level to the next. It may remember earlier steps, draw noise, and evaluate the denoiser as
/// often as it likes in between: an adaptive one divides the step itself.
pub trait Sampler {
    /// Takes the step. `to` is data (`σ = 0`) in the last.
    fn step(&mut self, walk: &Walk, x: Tensor<2>, from: Level, to: Level) -> Tensor<2>;
}

registry! {
    /// The samplers that a configuration can name.
    pub enum SamplerConfig("sampler"): dyn Solver {
        "euler" => euler::Euler,
        "heun" => heun::Heun,
        "ddim" => ddim::Ddim,
        "ddpm" => ddpm::Ddpm,
        "dpmpp_2m" => dpmpp_2m::Dpmpp2m,
    }
}

/// Where a walk goes: its denoiser, its schedule, its noise.
pub struct Walk<'a> {
    /// The model.
    pub denoiser: &'a dyn Denoiser,
    /// The frame in which steps are taken.
    pub schedule: &'a dyn Schedule,
    /// Where stochastic samplers draw from.
    pub noise: &'a Noise,
    /// Which step this is: it keys the noise.
    pub step: Cell<u32>,
    /// Evaluations of the denoiser so far.
    pub evaluations: Cell<usize>,
}

impl<'a> Walk<'a> {
    /// A walk that has not begun.
    pub fn new(denoiser: &'a dyn Denoiser, schedule: &'a dyn Schedule, noise: &'a Noise) -> Self {
        Self { denoiser, schedule, noise, step: Cell::new(0), evaluations: Cell::new(0) }
    }

    /// The mean of the data given `x` at that level.
    pub fn denoise(&self, x: &Tensor<2>, at: Level) -> Tensor<2> {
        self.evaluations.set(self.evaluations.get() + 1);
        let x = if at.alpha == 1.0 { x.clone() } else { x.clone() / at.alpha };
        self.denoiser.denoise(x, at.ratio())
    }

    /// `dx/dt = α̇ D + σ̇ (x − α D)/σ`, with the two multiples of `x` and `D` gathered in double precision.
    pub fn slope(&self, x: &Tensor<2>, at: Level) -> Tensor<2> {
        let denoised = self.denoise(x, at);
        let (d_alpha, d_sigma) = (self.schedule.d_alpha(at.t), self.schedule.d_sigma(at.t));
        x.clone() * (d_sigma / at.sigma) + denoised * (d_alpha - d_sigma * at.alpha / at.sigma)
    }

    /// The noise of this step: standard normal, `[batch, features]`.
    pub fn draw(&self) -> Tensor<2> {
        self.noise.draw(Purpose::SamplerNoise, self.step.get())
    }
}

/// Each sample's own noise, the same whatever the batch and the device.
#[derive(Clone, Debug)]
pub struct Noise {
    /// The request's seed.
    pub seed: u64,
    /// Index of the first row's sample.
    pub first: u64,
    /// Rows.
    pub rows: usize,
    /// Numbers in a sample.
    pub features: usize,
    /// Where the numbers are wanted.
    pub device: Device,
}

impl Noise {
    /// Standard normals `[rows, features]`, a stream a row.
    pub fn draw(&self, purpose: Purpose, draw: u32) -> Tensor<2> {
        let mut values = vec![0.0; self.rows * self.features];
        for (row, values) in values.chunks_mut(self.features).enumerate() {
            Key::new(self.seed, purpose, self.first + row as u64).draw(draw).fill_normal(values);
        }
        Tensor::from_data(TensorData::new(values, [self.rows, self.features]), &self.device)
    }

    /// What a walk starts from: `σ n` at its first level.
    pub fn start(&self, level: Level) -> Tensor<2> {
        self.draw(Purpose::Noise, 0) * level.sigma
    }
}

/// Walks `x` down `levels` at once; [`crate::model::Generation`] is the same step by step.
pub fn walk(config: &SamplerConfig, walk: &Walk, x: Tensor<2>, levels: &[Level]) -> Result<Tensor<2>> {
    if levels.len() < 2 {
        return Err(Error::argument("a walk needs two levels at least"));
    }
    let mut sampler = config.build();
    Ok(levels.windows(2).enumerate().fold(x, |x, (i, pair)| {
        walk.step.set(i as u32);
        sampler.step(walk, x, pair[0], pair[1])
    }))
}

#[cfg(test)]
mod tests;
