//! A walk from noise to data along a course, a step at a time, whatever denoises.

use burn::prelude::*;
use kiln_kernels::trajectory;

use super::Sampling;
use crate::Result;
use crate::editing::{Course, pass};
use crate::model::{Frame, Generation};
use crate::samplers::{Course as Written, Denoiser, Noise, Predicts, Sampler, Walk, course};
use crate::schedules::Level;

/// A walk under way.
pub(super) struct Descent {
    denoiser: Box<dyn Denoiser>,
    sampling: Sampling,
    levels: Vec<Level>,
    /// The least level that the model has learnt.
    bottom: f64,
    course: Course,
    noise: Noise,
    sampler: Box<dyn Sampler>,
    x: Tensor<2>,
    /// Place in the course's route.
    at: usize,
    /// Jumps so far.
    jumps: u32,
    evaluations: usize,
}

impl Descent {
    pub(super) fn new(
        denoiser: Box<dyn Denoiser>,
        sampling: Sampling,
        levels: Vec<Level>,
        course: Course,
        noise: Noise,
    ) -> Self {
        let first = levels[course.route[0]];
        let x = course.arrive(course.start(&noise, first), &noise, first, 0);
        let sampler = sampling.sampler.build();
        let bottom = f64::INFINITY;
        Self {
            denoiser,
            sampling,
            levels,
            bottom,
            course,
            noise,
            sampler,
            x,
            at: 0,
            jumps: 0,
            evaluations: 0,
        }
    }

    /// The same by a model that has learnt levels down to `σ/α = bottom`.
    pub(super) fn down_to(self, bottom: f64) -> Self {
        Self { bottom, ..self }
    }

    pub(super) fn sampling(&self) -> &Sampling {
        &self.sampling
    }

    pub(super) fn levels(&self) -> &[Level] {
        &self.levels
    }

    pub(super) fn noise(&self) -> &Noise {
        &self.noise
    }

    /// Starts from other noise.
    pub(super) fn start_from(&mut self, x: Tensor<2>) {
        self.x = x;
    }

    /// Jumps up if the route says so. Samplers and guidance that remember have to forget: what follows is another walk.
    fn jump(&mut self) {
        let Some(&[from, to]) = self.course.route.get(self.at..self.at + 2) else { return };
        if to < from {
            let levels = [self.levels[from], self.levels[to]];
            self.x = Course::jump(self.x.clone(), &self.noise, levels, self.at);
            self.sampler = self.sampling.sampler.build();
            self.denoiser.forget();
            self.jumps += 1;
            self.at += 1;
        }
    }

    /// The whole walk at once, and how often it asks, where its model is small and its sampler known beforehand.
    fn fly(&self) -> Option<(Tensor<2>, usize)> {
        let [_, features] = self.x.dims();
        if features > trajectory::FEATURES {
            return None;
        }
        let Written { predicts, stages } =
            course(&self.sampling.sampler, &*self.sampling.schedule, &self.levels)?;
        let sigmas: Vec<[f64; 2]> = stages.iter().map(|stage| stage.sigmas).collect();
        let flow = self.denoiser.flow(&sigmas)?;
        let plan = stages.iter().zip(&flow.scales).map(|(stage, &[scale, skip, out])| {
            let sigma = stage.sigmas[0];
            let (skip, out) = match predicts {
                Predicts::Data => (skip, out),
                Predicts::Noise => ((1.0 - skip) / sigma, -out / sigma),
            };
            let noise = stage.noise.map(|([step, draw], weight)| (Noise::name(step, draw), weight));
            trajectory::Evaluation { ask: stage.ask, scale, skip, out, then: stage.then, noise }
        });
        let draws = stages.iter().any(|stage| stage.noise.is_some()).then(|| self.noise.steps());
        let plan: Vec<_> = plan.collect();
        Some((trajectory::integrate(self.x.clone(), &flow.field, &plan, draws), stages.len()))
    }

    fn advance(&mut self, [i, j]: [usize; 2]) -> Result<Frame> {
        let [from, to] = [self.levels[i], self.levels[j]];
        let noise = pass(&self.noise, self.jumps);
        let walk =
            Walk::new(&*self.denoiser, &*self.sampling.schedule, &self.levels, &noise).down_to(self.bottom);
        walk.begin(i);
        let x = self.sampler.step(&walk, self.x.clone().into(), from, to)?.into_tensor();
        self.evaluations += walk.evaluations();
        self.at += 1;
        self.x = self.course.arrive(x, &self.noise, to, self.at);
        if self.course.known.is_some() {
            self.sampler.moved();
        }
        let step = self.at - self.jumps as usize;
        Ok(Frame { step, steps: self.steps(), level: to.ratio(), x: self.x.clone() / to.alpha })
    }
}

impl Generation for Descent {
    fn step(&mut self) -> Option<Result<Frame>> {
        self.jump();
        let &[i, j] = self.course.route.get(self.at..self.at + 2)? else { return None };
        let frame = self.advance([i, j]);
        if frame.is_err() {
            self.at = self.course.route.len();
        }
        Some(frame)
    }

    fn leap(&mut self) -> Option<Frame> {
        let whole = self.at == 0 && self.course.is_plain(self.levels.len() - 1);
        let (x, evaluations) = if whole { self.fly() } else { None }?;
        let (last, steps) = (self.levels[self.levels.len() - 1], self.steps());
        (self.at, self.evaluations) = (self.course.route.len(), evaluations);
        let x = if last.alpha == 1.0 { x } else { x / last.alpha };
        Some(Frame { step: steps, steps, level: last.ratio(), x })
    }

    fn steps(&self) -> usize {
        self.course.steps()
    }

    fn evaluations(&self) -> usize {
        self.evaluations
    }
}

#[cfg(test)]
pub(super) mod tests;
