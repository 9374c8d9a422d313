//! From one sample to another through noise: both are walked up the ODE, mixed on the sphere, and walked down again.
//!
//! DDIM inversion, Song et al. 2021, section 5.4, <https://arxiv.org/abs/2010.02502>. The way up is Heun's whatever the sampler,
//! as others remember or choose steps for falling noise; both ways solve the same ODE, so that the ends come back.

use burn::prelude::*;

use super::descent::Descent;
use crate::editing::slerp;
use crate::model::{Frame, Generation};
use crate::samplers::{Denoiser, Sampler, SamplerConfig, Walk};
use crate::schedules::Level;
use crate::{Error, Result};

/// An interpolation under way.
pub(super) struct Interpolation {
    up: Box<dyn Denoiser>,
    down: Descent,
    /// Levels on the way up: the first has as good as no noise.
    levels: Vec<Level>,
    sampler: Box<dyn Sampler>,
    /// Both ends, `[2, features]`.
    ends: Tensor<2>,
    /// Where each row of the batch lies between them.
    times: Vec<f64>,
    at: usize,
    failed: bool,
    evaluations: usize,
}

impl Interpolation {
    /// `ends` are data, `[2, features]`.
    pub(super) fn new(up: Box<dyn Denoiser>, down: Descent, ends: Tensor<2>, frames: usize) -> Result<Self> {
        let (name, steps) = (down.sampling().sampler.name(), down.steps());
        if down.sampling().sampler.stochastic() {
            return Err(Error::argument(format!(
                "sampler: {name} adds noise, so that the way up is not the way down; take one that does not, such as heun"
            )));
        }
        if steps < 2 {
            return Err(Error::argument(format!(
                "steps: between two samples wanted 2 or more; this is {steps}"
            )));
        }
        let (first, count) = (down.noise().first, down.noise().rows);
        if first + count as u64 > frames as u64 {
            let message =
                format!("count: there are {frames} frames, so that {count} from {first} on are too many");
            return Err(Error::argument(message));
        }
        let times = (0..count).map(|i| (first + i as u64) as f64 / (frames - 1) as f64).collect();
        let levels: Vec<Level> = down.levels()[..steps].iter().rev().copied().collect();
        let sampler = SamplerConfig::named("heun")?.build();
        let ends = ends * levels[0].alpha;
        Ok(Self { up, down, levels, sampler, ends, times, at: 0, failed: false, evaluations: 0 })
    }

    /// The batch between the ends as they now are.
    fn between(&self) -> Tensor<2> {
        let end = |i: usize| self.ends.clone().narrow(0, i, 1);
        slerp(&end(0), &end(1), &self.times)
    }

    fn climb(&mut self) -> Result<Frame> {
        let [from, to] = [self.levels[self.at], self.levels[self.at + 1]];
        let noise = self.down.noise();
        let walk = Walk::new(&*self.up, &*self.down.sampling().schedule, &self.levels, noise);
        walk.begin(self.at);
        self.ends = self.sampler.step(&walk, self.ends.clone().into(), from, to)?.into_tensor();
        self.evaluations += walk.evaluations();
        self.at += 1;
        let x = self.between();
        if self.at == self.climbs() {
            self.down.start_from(x.clone());
        }
        Ok(Frame { step: self.at, steps: self.steps(), level: to.ratio(), x: x / to.alpha })
    }

    /// Steps upwards.
    fn climbs(&self) -> usize {
        self.levels.len() - 1
    }
}

impl Generation for Interpolation {
    fn step(&mut self) -> Option<Result<Frame>> {
        if self.failed {
            return None;
        }
        if self.at < self.climbs() {
            let frame = self.climb();
            self.failed = frame.is_err();
            return Some(frame);
        }
        let (climbs, steps) = (self.climbs(), self.steps());
        let frame = self.down.step()?;
        Some(frame.map(|frame| Frame { step: frame.step + climbs, steps, ..frame }))
    }

    fn steps(&self) -> usize {
        self.climbs() + self.down.steps()
    }

    fn evaluations(&self) -> usize {
        self.evaluations + self.down.evaluations()
    }
}

#[cfg(test)]
mod tests;
