//! A continuous flow from data to a Gaussian, under way: where the data are, and the divergence gathered so far.
//!
//! ```text
//! log p(x) = log N(z; 0, s² I) + ∫ div + constant
//! ```
//!
//! Chen et al. 2018, Theorem 1, <https://arxiv.org/abs/1806.07366>.

use burn::prelude::*;

use super::integrators::Passage;
use super::{Estimate, Estimation};
use crate::Result;

/// An integration of `[z, ∫ div]`, `[batch, features + 1]`, along `slope(time, state)`.
pub(crate) struct Integration<F> {
    slope: F,
    passage: Passage,
    std: f64,
    constant: f64,
    step: usize,
    failed: bool,
}

impl<F: Fn(f64, &Tensor<2>) -> Tensor<2>> Integration<F> {
    /// Along a passage to a Gaussian of deviation `std`; `constant` is added at the end.
    pub(crate) fn new(slope: F, passage: Passage, std: f64, constant: f64) -> Self {
        Self { slope, passage, std, constant, step: 0, failed: false }
    }

    fn advance(&mut self) -> Result<Estimate> {
        self.passage.step(&self.slope)?;
        self.step += 1;
        let log_prob = self.passage.over().then(|| self.log_prob());
        Ok(Estimate { step: self.step, done: self.passage.done(), log_prob })
    }

    /// `[batch]`.
    fn log_prob(&self) -> Tensor<1> {
        let y = self.passage.y().clone();
        let d = y.dims()[1] - 1;
        let z = y.clone().narrow(1, 0, d) / self.std;
        let scale = d as f64 * (self.std.ln() + 0.5 * std::f64::consts::TAU.ln());
        let log_prob = z.square().sum_dim(1) * -0.5 + y.narrow(1, d, 1) + (self.constant - scale);
        log_prob.reshape([-1])
    }
}

impl<F: Fn(f64, &Tensor<2>) -> Tensor<2>> Estimation for Integration<F> {
    fn step(&mut self) -> Option<Result<Estimate>> {
        if self.failed || self.passage.over() {
            return None;
        }
        let estimate = self.advance();
        self.failed = estimate.is_err();
        Some(estimate)
    }

    fn evaluations(&self) -> usize {
        self.passage.evaluations()
    }
}
