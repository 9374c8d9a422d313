//! Walking: all walks under one bar, each until its end or the user's.

use std::time::Instant;

use kiln::Result;
use kiln::model::{Helpers, Model, Request};

use super::plan::{Plan, Planned};
use crate::draw::{last, parts, read};
use crate::interrupt;
use crate::progress::Bar;

/// What a walk came to.
#[derive(Default)]
pub(super) struct Walked {
    /// The samples, `[count, features]`.
    pub(super) rows: Vec<f32>,
    /// Evaluations of the network that a sample took.
    pub(super) evaluations: usize,
    /// All of them together.
    pub(super) seconds: f64,
}

/// Takes walks of one model from one noise.
pub(super) struct Walker<'a> {
    model: &'a dyn Model,
    /// What all have in common.
    pub(super) request: Request,
    batch: usize,
    bar: Bar,
    done: u64,
}

impl<'a> Walker<'a> {
    pub(super) fn new(model: &'a dyn Model, request: Request, batch: usize) -> Result<Self> {
        parts(&request, batch).map(drop)?;
        Ok(Self { model, request, batch, bar: Bar::hidden(), done: 0 })
    }

    /// Begins the bar.
    pub(super) fn begin(&mut self, plan: &Plan) {
        let all = plan.walks.iter().chain([&plan.reference]).map(|walk| self.work(walk)).sum();
        self.bar = Bar::new(plan.reference.words(), all, 0);
    }

    /// Tells something, with the bar out of the way.
    pub(super) fn aside(&self, tell: impl FnOnce()) {
        self.bar.aside(tell);
    }

    /// Takes a walk; `None` where the user has asked for the end.
    pub(super) fn walk(&mut self, planned: &Planned) -> Result<Option<Walked>> {
        self.bar.message(planned.words());
        let walked = self.batches(planned);
        self.done += self.work(planned);
        self.bar.at(self.done);
        walked
    }

    fn batches(&self, planned: &Planned) -> Result<Option<Walked>> {
        let started = Instant::now();
        let mut walked = Walked::default();
        for part in parts(&planned.request(&self.request), self.batch)? {
            let mut generation = self.model.generate(&part)?;
            let steps = generation.steps().max(1) as u64;
            let position = self.done + self.work(planned) * part.first / self.request.count as u64;
            let tick = |step: usize| {
                self.bar.at(position + planned.work() * step as u64 / steps);
                !interrupt::asked()
            };
            let Some(x) = last(&mut *generation, tick)? else { return Ok(None) };
            walked.rows.extend(read(self.model, &part, &Helpers::default(), x)?);
            walked.evaluations += generation.evaluations();
        }
        walked.evaluations = walked.evaluations.div_ceil(self.count());
        walked.seconds = started.elapsed().as_secs_f64();
        Ok(Some(walked))
    }

    /// Batches of a walk.
    fn count(&self) -> usize {
        self.request.count.div_ceil(self.batch)
    }

    fn work(&self, planned: &Planned) -> u64 {
        planned.work() * self.count() as u64
    }
}
