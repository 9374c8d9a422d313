//! A walk from noise to tokens, a step at a time, whatever predicts.
//!
//! What is given is put back after each step: as it is where noise is a mask, with the noise of that time else.
//!
//! The largest of numbers that are none is some token like any other. So that a network that has lost its numbers is noticed, frames are
//! shown as `NaN` from then on.

use burn::prelude::*;

use super::process::{Predictor, Process, draws};
use crate::Result;
use crate::decoding::{Decoding, Moment};
use crate::model::{Frame, Generation};
use crate::random::Purpose;
use crate::samplers::Noise;

/// What is given of the samples.
pub(super) struct Given {
    /// Tokens, `[batch, length]`.
    pub(super) rows: Tensor<2>,
    /// Where they are to stay.
    pub(super) kept: Tensor<2, Bool>,
}

/// A walk under way.
pub(super) struct Walk {
    pub(super) predictor: Box<dyn Predictor>,
    /// Evaluations of the network that a prediction takes.
    pub(super) evaluations: usize,
    pub(super) process: Process,
    pub(super) decoding: Decoding,
    pub(super) noise: Noise,
    given: Option<Given>,
    times: Vec<f64>,
    x: Tensor<2>,
    /// How many tokens of each row were masked at the start, `[batch, 1]`; `None` where there is no mask.
    masked: Option<Tensor<2>>,
    /// 0 as long as the network has said numbers, `[batch, length]`.
    fault: Tensor<2>,
    at: usize,
}

/// `1, 1 − 1/n, …, 0`, the last `walked` steps of them.
pub(super) fn times(steps: usize, walked: usize) -> Vec<f64> {
    (0..=walked).rev().map(|i| i as f64 / steps as f64).collect()
}

impl Walk {
    /// Along `times`, falling to 0, from noise on `origin`; where there is none, all is noise at time 1.
    pub(super) fn new(
        (predictor, evaluations): (Box<dyn Predictor>, usize),
        process: Process,
        decoding: Decoding,
        times: Vec<f64>,
        (origin, given): (Option<Tensor<2>>, Option<Given>),
        noise: Noise,
    ) -> Self {
        let nothing = || Tensor::zeros([noise.rows, noise.features], &noise.device);
        let time = vec![times[0]; noise.rows];
        let x = process.noised(&origin.unwrap_or_else(nothing), &time, draws(&noise, Purpose::Noise, 0));
        let fault = x.zeros_like();
        let (start, masked) = (x.clone(), None);
        let mut walk =
            Self { predictor, evaluations, process, decoding, noise, given, times, x, masked, fault, at: 0 };
        walk.x = walk.with_given(start);
        walk.masked = walk.process.mask().map(|mask| count(&walk.x, mask));
        walk
    }

    /// The tokens with what is given among them.
    fn with_given(&self, x: Tensor<2>) -> Tensor<2> {
        let Some(Given { rows, kept }) = &self.given else { return x };
        let rows = if self.process.mask().is_some() {
            rows.clone()
        } else {
            let times = vec![self.times[self.at]; self.noise.rows];
            self.process.noised(rows, &times, draws(&self.noise, Purpose::Noise, self.at as u32 + 1))
        };
        x.mask_where(kept.clone(), rows)
    }

    fn advance(&mut self, t: f64, s: f64) -> Frame {
        let x = self.x.clone();
        let log_x0 = self.decoding.sharpened(self.predictor.predict(x.clone(), &[t]));
        self.fault = self.fault.clone() + log_x0.clone().sum_dim(2).reshape(x.dims()) * 0.0;
        let reverse = |log_x0| self.process.reverse(log_x0, &x, [&[t], &[s]]);
        let corrupted = |t| 1.0 - self.process.schedule.alpha(t);
        // Of all that were masked, not of those that are: a rounding should not be rounded again.
        let left = corrupted(s) / corrupted(self.times[0]);
        let moment = Moment {
            x: x.clone(),
            log_x0,
            reverse: &reverse,
            mask: self.process.mask(),
            open: self.masked.clone().map(|masked| (masked * left).round()),
            ahead: s,
            noise: &self.noise,
            step: self.at as u32,
        };
        let next = self.decoding.decoder.step(&moment);
        let level = corrupted(s);
        self.at += 1;
        self.x = self.with_given(next);
        let x = self.x.clone() + self.fault.clone();
        Frame { step: self.at, steps: self.steps(), level, x }
    }
}

/// How often a token comes in each row, `[batch, 1]`.
fn count(x: &Tensor<2>, token: usize) -> Tensor<2> {
    x.zeros_like().mask_fill(x.clone().equal_elem(token as f64), 1.0).sum_dim(1)
}

impl Generation for Walk {
    fn step(&mut self) -> Option<Result<Frame>> {
        let &[t, s] = self.times.get(self.at..self.at + 2)? else { return None };
        Some(Ok(self.advance(t, s)))
    }

    fn steps(&self) -> usize {
        self.times.len() - 1
    }

    fn evaluations(&self) -> usize {
        self.at * self.evaluations
    }
}
