//! The classical Runge-Kutta method.
//!
//! ```text
//! k₁ = f(t, x),  k₂ = f(t + h/2, x + h/2 k₁),  k₃ = f(t + h/2, x + h/2 k₂),  k₄ = f(t + h, x + h k₃)
//! x ← x + h (k₁ + 2 k₂ + 2 k₃ + k₄)/6
//! ```
//!
//! Kutta 1901; Hairer, Nørsett and Wanner 1993, Table II.1.2, <https://doi.org/10.1007/978-3-540-78862-1>. The last step, into data, is
//! Euler's.

use burn::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::runge_kutta::{self, Tableau};
use super::{Level, Sampler, Solver, Walk};
use crate::Result;
use crate::registry::{About, Member};

pub(crate) const TABLE: Tableau = Tableau {
    a: &[&[0.5], &[0.0, 0.5], &[0.0, 0.0, 1.0]],
    b: &[1.0 / 6.0, 1.0 / 3.0, 1.0 / 3.0, 1.0 / 6.0],
    c: &[0.5, 0.5, 1.0],
};

/// Fourth order, four evaluations a step.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Rk4 {}

impl Member for Rk4 {
    const ABOUT: About = About {
        summary: "Classical Runge-Kutta, fourth order",
        paper: "Kutta 1901; Hairer et al. 1993, Table II.1.2, https://doi.org/10.1007/978-3-540-78862-1",
    };
}

impl Solver for Rk4 {
    fn order(&self) -> u32 {
        4
    }
    fn evaluations(&self) -> Option<usize> {
        Some(4)
    }
    fn build(&self) -> Box<dyn Sampler> {
        Box::new(self.clone())
    }
}

impl Sampler for Rk4 {
    fn step(&mut self, walk: &Walk, x: Tensor<2>, from: Level, to: Level) -> Result<Tensor<2>> {
        Ok(runge_kutta::step(walk, &x, from, to, &TABLE))
    }
}
