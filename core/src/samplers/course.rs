//! A walk written down before it is walked, for kernels that take all of it at once.
//!
//! What a sampler does between evaluations is linear, whichever it is: so it is asked to walk once in the space of its own symbols, where the start, each
//! estimate and each draw is an axis. What it asks and where it stands are then rows of weights, and of those it is read off how
//! each follows from the state before and the latest estimates: of the data or, where a sampler goes by it, of the noise `(x/α − D)/(σ/α)`.

use std::cell::{Cell, RefCell};

use burn::prelude::*;
use burn::tensor::DType;
use kiln_kernels::trajectory::REGISTERS;

use super::{Denoiser, Evaluation, NoiseSource, Predicts, SamplerConfig, Vector, Walk};
use crate::device;
use crate::schedules::{Level, Schedule};

/// What is left where one row of weights is explained by another: rounding.
const ROUNDING: f64 = 1e-9;

/// An evaluation, and what becomes of it: weights of the state and of the latest estimates, the newest first.
#[derive(Clone, Debug, PartialEq)]
pub struct Stage {
    /// Of what is asked, as denoisers are: `x/α`.
    pub ask: [f64; REGISTERS],
    /// `σ/α` of what is asked, and of where the step leads.
    pub sigmas: [f64; 2],
    /// Of the state after it, the new estimate among them.
    pub then: [f64; REGISTERS],
    /// Step and draw of noise that is added to the state, and its weight.
    pub noise: Option<([u32; 2], f64)>,
}

/// A walk written down.
#[derive(Clone, Debug)]
pub struct Course {
    /// What its estimates are of.
    pub predicts: Predicts,
    /// Its evaluations.
    pub stages: Vec<Stage>,
}

/// The course of a walk down these levels. `None` where it depends on what is found on the way, on more estimates than four, on a
/// Brownian path, or on noise that is in what is asked.
pub fn course(sampler: &SamplerConfig, schedule: &dyn Schedule, levels: &[Level]) -> Option<Course> {
    if sampler.adaptive() || levels.len() < 2 {
        return None;
    }
    // The first walk counts the axes.
    let axes = Recorder::new(1, Predicts::Data).walk(sampler, schedule, levels)?.len();
    [Predicts::Data, Predicts::Noise].into_iter().find_map(|predicts| {
        let events = Recorder::new(axes, predicts).walk(sampler, schedule, levels)?;
        stages(&events).map(|stages| Course { predicts, stages })
    })
}

/// What happens on a walk, in its order.
#[derive(Debug)]
enum Event {
    /// A row of weights is asked about.
    Asked { axis: usize, row: Vec<f64>, sigmas: [f64; 2] },
    /// Noise is drawn.
    Drawn { axis: usize, key: [u32; 2] },
    /// A step ends.
    Stands { row: Vec<f64> },
}

/// A denoiser and a source of noise that answer with axes.
struct Recorder {
    axes: usize,
    predicts: Predicts,
    used: Cell<usize>,
    events: RefCell<Vec<Event>>,
    /// Something was asked for that no axis stands for.
    strayed: Cell<bool>,
}

impl Recorder {
    fn new(axes: usize, predicts: Predicts) -> Self {
        Self { axes, predicts, used: Cell::new(1), events: RefCell::default(), strayed: Cell::new(false) }
    }

    /// Events and the start: as many as there are axes, and more.
    fn walk(self, sampler: &SamplerConfig, schedule: &dyn Schedule, levels: &[Level]) -> Option<Vec<Event>> {
        let mut walker = sampler.build();
        let mut x = self.axis(0);
        {
            let walk = Walk::new(&self, schedule, levels, &self);
            for (i, pair) in levels.windows(2).enumerate() {
                walk.begin(i);
                x = walker.step(&walk, x, pair[0], pair[1]).ok()?;
                self.events.borrow_mut().push(Event::Stands { row: row(&x)? });
            }
        }
        (!self.strayed.get()).then(|| self.events.into_inner())
    }

    fn axis(&self, axis: usize) -> Vector {
        let values: Vec<f64> = (0..self.axes).map(|i| f64::from(u8::from(i == axis))).collect();
        let data = TensorData::new(values, [1, self.axes]);
        Tensor::from_data(data, (&Device::flex(), DType::F64)).into()
    }

    fn next(&self) -> usize {
        self.used.replace(self.used.get() + 1)
    }
}

fn row(x: &Vector) -> Option<Vec<f64>> {
    device::read_all_now(x.tensor().flatten(0, 1), "the processor answers at once").ok()
}

impl Denoiser for Recorder {
    fn denoise(&self, x: Tensor<2>, sigma: f64) -> Tensor<2> {
        self.evaluate(x.into(), sigma, sigma).mean.into_tensor()
    }

    fn evaluate(&self, x: Vector, sigma: f64, next: f64) -> Evaluation {
        let axis = self.next();
        match row(&x) {
            Some(row) => self.events.borrow_mut().push(Event::Asked { axis, row, sigmas: [sigma, next] }),
            None => self.strayed.set(true),
        }
        let mean = match self.predicts {
            Predicts::Data => self.axis(axis),
            Predicts::Noise => Vector::sum([(1.0, x), (-sigma, self.axis(axis))]),
        };
        Evaluation { mean, v: None }
    }
}

impl NoiseSource for Recorder {
    fn normal(&self, step: u32, draw: u32) -> Tensor<2> {
        let axis = self.next();
        self.events.borrow_mut().push(Event::Drawn { axis, key: [step, draw] });
        self.axis(axis).into_tensor()
    }

    fn brownian(&self, _a: f64, _b: f64) -> Tensor<2> {
        self.strayed.set(true);
        self.axis(0).into_tensor()
    }
}

fn stages(events: &[Event]) -> Option<Vec<Stage>> {
    let mut stages: Vec<Stage> = Vec::new();
    let (mut state, mut latest, mut drawn) = (vec![1.0], Vec::<usize>::new(), None);
    // Whether this step has asked.
    let mut asked = false;
    for event in events {
        match event {
            Event::Drawn { axis, key } => {
                if drawn.replace((*axis, *key)).is_some() {
                    return None;
                }
            }
            Event::Asked { axis, row, sigmas } => {
                let ask = weights(row, &state, &latest)?;
                stages.push(Stage { ask, sigmas: *sigmas, then: STILL, noise: None });
                latest.insert(0, *axis);
                latest.truncate(REGISTERS - 1);
                asked = true;
            }
            Event::Stands { row } => {
                let mut told = row.clone();
                let noise = drawn.take().map(|(axis, key)| (key, std::mem::take(&mut told[axis])));
                let then = weights(&told, &state, &latest)?;
                match stages.last_mut() {
                    Some(stage) if asked => (stage.then, stage.noise) = (then, noise),
                    _ if then == STILL && noise.is_none() => {}
                    _ => return None,
                }
                (state, asked) = (row.clone(), false);
            }
        }
    }
    Some(stages)
}

/// A state that stays as it is.
const STILL: [f64; REGISTERS] = [1.0, 0.0, 0.0, 0.0, 0.0];

/// What of a row is of the state, and what of each of the latest estimates; `None` where something else is in it.
fn weights(row: &[f64], state: &[f64], latest: &[usize]) -> Option<[f64; REGISTERS]> {
    let state = |i: usize| state.get(i).copied().unwrap_or(0.0);
    let older = || (0..row.len()).filter(|i| !latest.contains(i));
    let most = older().max_by(|a, b| state(*a).abs().total_cmp(&state(*b).abs()))?;
    let of_state = if state(most) == 0.0 { 0.0 } else { row[most] / state(most) };
    let size = row.iter().fold(0.0_f64, |size, weight| size.max(weight.abs()));
    let explained = |i: usize| (row[i] - of_state * state(i)).abs() <= ROUNDING * size;
    if !older().all(explained) {
        return None;
    }
    let mut weights = [0.0; REGISTERS];
    weights[0] = of_state;
    for (weight, axis) in weights[1..].iter_mut().zip(latest) {
        *weight = row[*axis] - of_state * state(*axis);
    }
    Some(weights)
}

#[cfg(test)]
mod tests;
