//! The midpoint method: Euler's step to the middle, then the whole way with the slope found there.
//!
//! ```text
//! x ← x + h f(t + h/2, x + h/2 f(t, x))
//! ```
//!
//! Runge 1895, <https://doi.org/10.1007/BF01446807>. It never evaluates at the far end, so the step into data is like any other.

use burn::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::runge_kutta::{self, Tableau};
use super::{Level, Sampler, Solver, Walk};
use crate::Result;
use crate::registry::{About, Member};

pub(crate) const TABLE: Tableau = Tableau { a: &[&[0.5]], b: &[0.0, 1.0], c: &[0.5] };

/// Second order, two evaluations a step.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Midpoint {}

impl Member for Midpoint {
    const ABOUT: About =
        About { summary: "Midpoint, second order", paper: "Runge 1895, https://doi.org/10.1007/BF01446807" };
}

impl Solver for Midpoint {
    fn order(&self) -> u32 {
        2
    }
    fn evaluations(&self) -> Option<usize> {
        Some(2)
    }
    fn build(&self) -> Box<dyn Sampler> {
        Box::new(self.clone())
    }
}

impl Sampler for Midpoint {
    fn step(&mut self, walk: &Walk, x: Tensor<2>, from: Level, to: Level) -> Result<Tensor<2>> {
        Ok(runge_kutta::step(walk, &x, from, to, &TABLE))
    }
}
