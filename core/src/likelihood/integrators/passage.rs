//! An integration under way, from one end of a span to the other: in equal steps, or in as long ones as a tolerance allows.
//!
//! ```text
//! ε = rms(e/(atol + rtol |y|)),   accepted where ε ≤ 1,   h ← 0.9 h ε^{−1/p}
//! ```
//!
//! Hairer, Nørsett and Wanner 1993, section II.4, <https://doi.org/10.1007/978-3-540-78862-1>.

use burn::prelude::*;

use super::{Integrator, Table, Taken};
use crate::{Error, Result, device};

/// A step that chooses its length is made shorter so many times, at most.
const ATTEMPTS: usize = 40;

/// The error that a step may make.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tolerance {
    /// As a share of `y`.
    pub rtol: f64,
    /// Where `y` is small.
    pub atol: f64,
    /// Over what errors are averaged.
    pub over: Over,
}

/// Over what the root of the mean square of an error is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    /// Over each row; the worst decides.
    Rows,
    /// Over all numbers of the batch.
    Batch,
}

impl Tolerance {
    /// The same absolutely and relatively, met by every row.
    pub fn equal(tolerance: f64) -> Self {
        Self { rtol: tolerance, atol: tolerance, over: Over::Rows }
    }
}

/// What to say where no step is short enough, of the place and the tolerance.
pub type Stuck = fn(f64, f64) -> Error;

/// An integration under way.
pub struct Passage {
    table: &'static Table,
    order: f64,
    tolerance: Option<Tolerance>,
    span: [f64; 2],
    at: f64,
    /// Length of the next step; negative where the span falls.
    h: f64,
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
        let (table, order) = (integrator.table(), f64::from(integrator.order()));
        Self { table, order, tolerance, span, at: span[0], h, y, slope: None, evaluations: 0, stuck }
    }

    /// The same with other words for a tolerance that cannot be met.
    pub fn or_else_say(self, stuck: Stuck) -> Self {
        Self { stuck, ..self }
    }

    /// Takes a step of `dy/dt = f(t, y)`.
    pub fn step(&mut self, f: impl Fn(f64, &Tensor<2>) -> Tensor<2>) -> Result<()> {
        let (taken, h) = match self.tolerance {
            None => (self.take(&f, self.h), self.h),
            Some(tolerance) => self.within(&f, tolerance)?,
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
    ) -> Result<(Taken, f64)> {
        for _ in 0..ATTEMPTS {
            let left = self.span[1] - self.at;
            let h = if self.h.abs() < left.abs() { self.h } else { left };
            let taken = self.take(&f, h);
            // The slope at the beginning is the same for a shorter step.
            self.slope.get_or_insert_with(|| taken.slopes[0].clone());
            let error = device::read_now(self.table.error(&taken, h, tolerance))?;
            let factor = 0.9 * error.powf(-1.0 / self.order);
            if error <= 1.0 {
                self.h = h * factor.clamp(0.2, 5.0);
                return Ok((taken, h));
            }
            self.h = h * if factor.is_finite() { factor.clamp(0.1, 0.9) } else { 0.1 };
        }
        Err((self.stuck)(self.at, tolerance.atol))
    }
}

fn stuck(at: f64, tolerance: f64) -> Error {
    Error::NotFinite(format!("at {at:.3} no step is short enough for a tolerance of {tolerance}: raise it"))
}
