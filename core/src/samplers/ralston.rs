//! Ralston's method: of the second-order methods with two stages, that of the least error bound.
//!
//! ```text
//! k₁ = f(t, x),  k₂ = f(t + 2h/3, x + 2h/3 k₁),   x ← x + h (k₁ + 3 k₂)/4
//! ```
//!
//! Ralston 1962, <https://doi.org/10.1090/S0025-5718-1962-0150954-0>.

use burn::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::runge_kutta::{self, Tableau};
use super::{Level, Sampler, Solver, Walk};
use crate::Result;
use crate::registry::{About, Member};

pub(crate) const TABLE: Tableau = Tableau { a: &[&[2.0 / 3.0]], b: &[0.25, 0.75], c: &[2.0 / 3.0] };

/// Second order, two evaluations a step.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Ralston {}

impl Member for Ralston {
    const ABOUT: About = About {
        summary: "Ralston, second order with the least error bound",
        paper: "Ralston 1962, https://doi.org/10.1090/S0025-5718-1962-0150954-0",
    };
}

impl Solver for Ralston {
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

impl Sampler for Ralston {
    fn step(&mut self, walk: &Walk, x: Tensor<2>, from: Level, to: Level) -> Result<Tensor<2>> {
        Ok(runge_kutta::step(walk, &x, from, to, &TABLE))
    }
}
