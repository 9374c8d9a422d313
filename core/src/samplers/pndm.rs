//! PNDM: a fourth-order linear multistep mean of noise predictions, carried by DDIM's formula, after a start that gathers them.
//!
//! ```text
//! φ(x, e, t → t') = α' (x − σ e)/α + σ' e,   x ← φ(x, ē, t → t'),   ē = (55 e_i − 59 e_{i−1} + 37 e_{i−2} − 9 e_{i−3})/24
//! runge_kutta: three steps of  ē = (e₁ + 2 e₂ + 2 e₃ + e₄)/6,  each e_k found by φ at the start, the middle (twice) and the end
//! linear: one step of  ē = (e₁ + e(φ(x, e₁)))/2,  then the formulas of two and of three predictions
//! ```
//!
//! Liu et al. 2022, Algorithm 2, <https://arxiv.org/abs/2202.09778>; `linear` is diffusers' `skip_prk_steps`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::adams_bashforth::{self, mean};
use super::past::Past;
use super::walk::epsilon;
use super::{Level, Sampler, Solver, Vector, Walk, combine, combine_both};
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
            past: Past::default(),
        })
    }
}

/// Remembers predictions.
struct Multistep {
    warmup: Warmup,
    table: Option<Table>,
    past: Past,
}

impl Multistep {
    fn middle(&self, walk: &Walk, from: Level, to: Level) -> Level {
        let Some(table) = &self.table else { return walk.at(f64::midpoint(from.t, to.t)) };
        let [from, to] = [from, to].map(|level| table.timestep_at(level.ratio()));
        walk.at(walk.schedule.time(table.log_ratio_at(f64::midpoint(from, to))))
    }
}

impl Sampler for Multistep {
    fn step(&mut self, walk: &Walk, x: Vector, from: Level, to: Level) -> Result<Vector> {
        let denoised = walk.denoise(&x, from);
        let span = [from, to];
        let (stages, weights) = match (self.warmup, self.past.len()) {
            // The last stage of either start stands at `to`, where data have no noise to predict.
            (Warmup::RungeKutta, ..KEPT) | (Warmup::Linear, 0) if to.sigma == 0.0 => {
                return Ok(self.past.step([x, denoised], mean(&[1.0], span), KEPT, span));
            }
            (Warmup::RungeKutta, ..KEPT) => {
                let middle = self.middle(walk, from, to);
                (vec![middle, middle, to], vec![1.0 / 6.0, 1.0 / 3.0, 1.0 / 3.0, 1.0 / 6.0])
            }
            (Warmup::Linear, 0) => (vec![to], vec![0.5, 0.5]),
            (_, before) => {
                let weights = adams_bashforth::weights(before, span);
                return Ok(self.past.step([x, denoised], weights, KEPT, span));
            }
        };
        let (e, x) = start(walk, [x, denoised], &stages, &weights, span);
        self.past.push(e);
        Ok(x)
    }

    fn kept(&self) -> usize {
        self.past.len()
    }
}

/// The prediction at `from`, and the step along the mean of it and of those at the stages, each found by `φ` along the one before (Eq. 13).
fn start(
    walk: &Walk,
    [mut x, data]: [Vector; 2],
    stages: &[Level],
    weights: &[f64],
    [from, to]: [Level; 2],
) -> (Vector, Vector) {
    let (mut at, mut denoised) = (from, data.clone());
    let mut predictions: Vec<Vector> = Vec::new();
    for stage in stages {
        let along: &[f64] = if predictions.is_empty() { &[1.0] } else { &[0.0, 1.0] };
        let (of_first, of_last) = mean(along, [from, *stage]);
        let first = predictions.first().map(|e| (of_first, e.clone()));
        let own = of_last.first().copied().unwrap_or(of_first);
        let rest = first.into_iter().chain([(stage.alpha, data.clone())]);
        let [e, next] = combine_both(epsilon(x, denoised, at), own, rest);
        predictions.push(e);
        (at, denoised, x) = (*stage, walk.denoise(&next, *stage), next);
    }
    let (of_first, others) = mean(weights, [from, to]);
    let last = others[others.len() - 1];
    let terms = std::iter::once(of_first).chain(others).zip(predictions.iter().cloned());
    let noise = epsilon(x, denoised, at).map(|(weight, x)| (last * weight, x));
    let end = combine(terms.chain(noise).chain([(to.alpha, data)]));
    (predictions.swap_remove(0), end)
}
