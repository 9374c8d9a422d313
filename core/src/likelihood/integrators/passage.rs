//! An integration under way, from one end of a span to the other: in equal steps, or in as long ones as a tolerance allows, which the
//! samplers' own controller chooses.
//!
//! Hairer, Nørsett and Wanner 1993, section II.4, <https://doi.org/10.1007/978-3-540-78862-1>.

use burn::prelude::*;

use super::{Integrator, Table, Taken, Tolerance};
use crate::samplers::Control;
use crate::{Error, Result, device};

/// A step that chooses its length is made shorter so many times, at most.
const ATTEMPTS: usize = 40;

/// What to say where no step is short enough, of the place and the tolerance.
pub type Stuck = fn(f64, Tolerance) -> Error;

/// How long steps are; negative where the span falls.
#[derive(Clone, Copy)]
enum Steps {
    /// All of this length.
    Equal(f64),
    /// As long as their error allows.
    Within(Tolerance, Control),
}

/// An integration under way.
pub struct Passage {
    table: &'static Table,
    steps: Steps,
    span: [f64; 2],
    at: f64,
    y: Tensor<2>,
    /// The slope at `y`, where the last step has left it.
    slope: Option<Tensor<2>>,
    evaluations: usize,
    stuck: Stuck,
}

impl Passage {
    /// From `y` at `span[0]` to `span[1]` in so many equal steps, or with a tolerance: the first step is then of that length.
    pub fn new(
        integrator: &dyn Integrator,
        tolerance: Option<Tolerance>,
        span: [f64; 2],
        steps: usize,
        y: Tensor<2>,
    ) -> Self {
        let h = (span[1] - span[0]) / steps as f64;
        // A method that judges its steps is of one order more than that by which it does.
        let chosen = |tolerance| Steps::Within(tolerance, Control::new(h, f64::from(integrator.order())));
        let steps = tolerance.map_or(Steps::Equal(h), chosen);
        let table = integrator.table();
        Self { table, steps, span, at: span[0], y, slope: None, evaluations: 0, stuck }
    }

    /// The same with other words for a tolerance that cannot be met.
    pub fn or_else_say(self, stuck: Stuck) -> Self {
        Self { stuck, ..self }
    }

    /// Takes a step of `dy/dt = f(t, y)`.
    pub fn step(&mut self, f: impl Fn(f64, &Tensor<2>) -> Tensor<2>) -> Result<()> {
        let (taken, h) = match self.steps {
            Steps::Equal(h) => (self.take(&f, h), h),
            Steps::Within(tolerance, control) => self.within(&f, tolerance, control)?,
        };
        self.y = taken.y.clone();
        self.slope = self.table.last(taken);
        self.at += h;
        Ok(())
    }

    /// Where it stands.
    pub fn y(&self) -> &Tensor<2> {
        &self.y
    }

    /// When it stands there.
    pub fn at(&self) -> f64 {
        if self.over() { self.span[1] } else { self.at }
    }

    /// Whether the end is reached. Rounding leaves a remainder that is no step.
    pub fn over(&self) -> bool {
        self.share() > 1.0 - 1e-9
    }

    /// The share of the span that is behind it, from 0 to 1.
    pub fn done(&self) -> f64 {
        if self.over() { 1.0 } else { self.share() }
    }

    /// Evaluations of `f` so far.
    pub fn evaluations(&self) -> usize {
        self.evaluations
    }

    fn share(&self) -> f64 {
        (self.at - self.span[0]) / (self.span[1] - self.span[0])
    }

    fn take(&mut self, f: impl Fn(f64, &Tensor<2>) -> Tensor<2>, h: f64) -> Taken {
        self.evaluations += self.table.evaluations() - usize::from(self.slope.is_some());
        self.table.step(f, [self.at, h], &self.y, self.slope.clone())
    }

    /// A step whose error is allowed; the next one's length by how much was left.
    fn within(
        &mut self,
        f: impl Fn(f64, &Tensor<2>) -> Tensor<2>,
        tolerance: Tolerance,
        mut control: Control,
    ) -> Result<(Taken, f64)> {
        for _ in 0..ATTEMPTS {
            let h = control.next(self.span[1] - self.at);
            let taken = self.take(&f, h);
            // The slope at the beginning is the same for a shorter step.
            self.slope.get_or_insert_with(|| taken.slopes[0].clone());
            let error = device::read_now(self.table.error(&self.y, &taken, h, tolerance))?;
            if control.accepts(h, error) {
                self.steps = Steps::Within(tolerance, control);
                return Ok((taken, h));
            }
        }
        Err((self.stuck)(self.at, tolerance))
    }
}

fn stuck(at: f64, tolerance: Tolerance) -> Error {
    Error::NotFinite(format!("at {at:.3} no step is short enough for {tolerance}: allow more"))
}
