//! An estimation of equal steps, each a function of its number.

use burn::prelude::*;

use super::{Estimate, Estimation};
use crate::Result;

/// What a step computes, given its number; the last gives `log p(x)`, `[batch]`.
type Compute = Box<dyn FnMut(usize) -> Result<Option<Tensor<1>>>>;

/// An estimation under way that takes so many steps.
pub(crate) struct Counted {
    steps: usize,
    at: usize,
    compute: Compute,
}

impl Counted {
    /// `compute` is called with 0, 1, … and gives the answer in the last of `steps`.
    pub(crate) fn new(
        steps: usize,
        compute: impl FnMut(usize) -> Result<Option<Tensor<1>>> + 'static,
    ) -> Self {
        Self { steps, at: 0, compute: Box::new(compute) }
    }
}

impl Estimation for Counted {
    fn step(&mut self) -> Option<Result<Estimate>> {
        if self.at == self.steps {
            return None;
        }
        let computed = (self.compute)(self.at);
        self.at = if computed.is_err() { self.steps } else { self.at + 1 };
        let done = self.at as f64 / self.steps as f64;
        Some(computed.map(|log_prob| Estimate { step: self.at, done, log_prob }))
    }

    fn evaluations(&self) -> usize {
        self.at
    }
}
