//! PNDM: a fourth-order linear multistep mean of noise predictions, carried by DDIM's formula, after a start that gathers them.
//!
//! ```text
//! φ(x, e, t → t') = α' (x − σ e)/α + σ' e,   x ← φ(x, ē, t → t'),   ē = (55 e_i − 59 e_{i−1} + 37 e_{i−2} − 9 e_{i−3})/24
//! runge_kutta: three steps of  ē = (e₁ + 2 e₂ + 2 e₃ + e₄)/6,  each e_k found by φ at the start, the middle (twice) and the end
//! linear: one step of  ē = (e₁ + e(φ(x, e₁)))/2,  then the formulas of two and of three predictions
//! ```
//!
//! Liu et al. 2022, Algorithm 2, <https://arxiv.org/abs/2202.09778>; `linear` is diffusers' `skip_prk_steps`.

use burn::prelude::*;
use kiln_kernels::combine::Term;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::adams_bashforth::{self, carry};
use super::{Level, Sampler, Solver, Walk, combine};
use crate::Result;
use crate::config::check::under;
use crate::registry::{About, Member};
use crate::schedules::discrete::{Betas, Table};

/// Predictions that are kept for the steps to come.
const KEPT: usize = 3;

/// Second order; one evaluation a step once it has started.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Pndm {
    /// How the first predictions are gathered.
    pub warmup: Warmup,
    /// Where the middle of a step is: halfway between its training steps in this table; without one, in the schedule's time.
    pub table: Option<Betas>,
}

/// A start for a multistep method.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Warmup {
    /// Three steps of four evaluations.
    #[default]
    RungeKutta,
    /// One step of two evaluations, then fewer predictions until there are four.
    Linear,
}

impl Member for Pndm {
    const ABOUT: About = About {
        summary: "PNDM, pseudo linear multistep on the noise (PLMS), with either start",
        paper: "Liu et al. 2022, Algorithm 2, https://arxiv.org/abs/2202.09778",
    };
}

impl Solver for Pndm {
    fn order(&self) -> u32 {
        2
    }
    fn evaluations(&self) -> Option<usize> {
        None
    }
    fn memory(&self) -> usize {
        KEPT
    }
    fn check(&self) -> Result<()> {
        self.table.as_ref().map_or(Ok(()), |table| under("table", table.check()))
    }
    fn build(&self) -> Box<dyn Sampler> {
        Box::new(Multistep {
            warmup: self.warmup,
            table: self.table.as_ref().map(Betas::table),
            past: Vec::new(),
        })
    }
}

/// Remembers predictions, newest first.
struct Multistep {
    warmup: Warmup,
    table: Option<Table>,
    past: Vec<Tensor<2>>,
}

impl Multistep {
    fn middle(&self, walk: &Walk, from: Level, to: Level) -> Level {
        let Some(table) = &self.table else { return walk.at(f64::midpoint(from.t, to.t)) };
        let [from, to] = [from, to].map(|level| table.timestep_at(level.ratio()));
        walk.at(walk.schedule.time(table.log_ratio_at(f64::midpoint(from, to))))
    }
}

impl Sampler for Multistep {
    fn step(&mut self, walk: &Walk, x: Tensor<2>, from: Level, to: Level) -> Result<Tensor<2>> {
        let denoised = walk.denoise(&x, from);
        self.past.insert(0, walk.epsilon(x, denoised.clone(), from));
        let e = &self.past[..1];
        let terms = match (self.warmup, self.past.len()) {
            // The last stage of either start stands at `to`, where data have no noise to predict.
            (Warmup::RungeKutta, ..=KEPT) | (Warmup::Linear, 1) if to.sigma == 0.0 => {
                carry(denoised, &[1.0], e, [from, to])
            }
            (Warmup::RungeKutta, ..=KEPT) => {
                runge_kutta(walk, denoised, &e[0], [from, self.middle(walk, from, to), to])
            }
            (Warmup::Linear, 1) => {
                let end = noise(walk, combine(carry(denoised.clone(), &[1.0], e, [from, to])), to);
                carry(denoised, &[0.5, 0.5], &[e[0].clone(), end], [from, to])
            }
            _ => adams_bashforth::step(denoised, &self.past, from, to),
        };
        // The oldest goes before the sum is made, which then lies in its place.
        self.past.truncate(KEPT);
        Ok(combine(terms))
    }

    fn kept(&self) -> usize {
        self.past.len()
    }
}

/// `e = (x − α D)/σ`.
fn noise(walk: &Walk, x: Tensor<2>, at: Level) -> Tensor<2> {
    let denoised = walk.denoise(&x, at);
    walk.epsilon(x, denoised, at)
}

/// The step along Runge and Kutta's mean of four predictions, the stages carried by `φ` (Eq. 13): the terms of a sum.
fn runge_kutta(walk: &Walk, denoised: Tensor<2>, e_1: &Tensor<2>, [from, mid, to]: [Level; 3]) -> Vec<Term> {
    // The prediction at a level to which the last one carries; the first stands for `x`.
    let next = |weights: &[f64], last: &Tensor<2>, at: Level| {
        let stage = carry(denoised.clone(), weights, &[e_1.clone(), last.clone()], [from, at]);
        noise(walk, combine(stage), at)
    };
    let e_2 = next(&[1.0], e_1, mid);
    let e_3 = next(&[0.0, 1.0], &e_2, mid);
    let e_4 = next(&[0.0, 1.0], &e_3, to);
    let weights = [1.0 / 6.0, 1.0 / 3.0, 1.0 / 3.0, 1.0 / 6.0];
    carry(denoised, &weights, &[e_1.clone(), e_2, e_3, e_4], [from, to])
}
