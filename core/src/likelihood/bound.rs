//! The variational bound of a discrete-time model: what it costs to send `x` through a ladder of noise levels.
//!
//! ```text
//! −log p(x) ≤ L_0 + Σ_{i=1}^{T−1} L_i + L_prior,   σ_0 < σ_1 < … < σ_{T−1}
//! L_0     = E[−log N(x; D(x + σ_0 n; σ_0), σ_0² I)]
//! L_i     = KL(q(x_{i−1}|x_i, x) ‖ p(x_{i−1}|x_i)) = ½ (1/σ_{i−1}² − 1/σ_i²) E‖x − D(x + σ_i n; σ_i)‖²
//! L_prior = KL(N(x, s² I) ‖ N(0, (s² + σ_d²) I)),   s = σ_{T−1}
//! ```
//!
//! Ho et al. 2020, Eq. 5, <https://arxiv.org/abs/2006.11239>, in the terms of Kingma et al. 2021, Eq. 11 to 14,
//! <https://arxiv.org/abs/2107.00630>, with `SNR = 1/σ²`. The variance of each step is the posterior's, unless the model has learnt
//! another (`terms`). For discrete data `L_0` is the probability of the cell (Ho et al. 2020, Eq. 13): no dequantisation is needed.
//!
//! A model that has learnt at the levels of a table is judged at those: elsewhere it was never asked.

use burn::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Estimate, Estimation, Method, Process, Query, terms};
use crate::config::check::{at_least, under};
use crate::random::Purpose;
use crate::registry::{About, Member};
use crate::samplers::{Ends, Evaluation, Noise};
use crate::schedules::discrete::Table;
use crate::schedules::grids::{GridConfig, Span};
use crate::schedules::{Level, ScheduleConfig};
use crate::{Error, Result};

/// A lower bound of the log-likelihood, a noise draw for each level and row.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Bound {
    /// `T`: how many steps the model takes from noise to data, so many times the network is asked; nothing for as many as a model of
    /// discrete time has learnt, and 1000 for others.
    pub steps: Option<usize>,
    /// The levels that it visits; nothing for the learnt ones of a model of discrete time, evenly chosen, and `karras` for others.
    pub grid: Option<GridConfig>,
    /// The frame in which a grid spaces them.
    pub schedule: ScheduleConfig,
}

impl Default for Bound {
    fn default() -> Self {
        let schedule = ScheduleConfig::named("edm").expect("the default should be registered");
        Self { steps: None, grid: None, schedule }
    }
}

/// `T` where nobody says, neither the model.
const STEPS: usize = 1000;

impl Member for Bound {
    const ABOUT: About = About {
        summary: "Variational lower bound of the model in discrete time",
        paper: "Ho et al. 2020, https://arxiv.org/abs/2006.11239; Kingma et al. 2021, https://arxiv.org/abs/2107.00630",
    };
}

impl Method for Bound {
    fn check(&self) -> Result<()> {
        self.steps.map_or(Ok(()), |steps| at_least("steps", steps, 1))?;
        under("grid", self.grid.as_ref().map_or(Ok(()), |grid| grid.check()))
    }

    fn begin(&self, process: Process, rows: Tensor<2>, query: &Query) -> Result<Box<dyn Estimation>> {
        self.check()?;
        let rows = rows.without_autodiff();
        let noise = query.noise(&rows);
        let levels = self.levels(&process, noise.features)?;
        let total = rows.zeros_like().sum_dim(1);
        Ok(Box::new(Ladder { process, levels, query: query.clone(), noise, rows, total, at: 0 }))
    }
}

impl Bound {
    /// `σ/α` of `T` levels, rising.
    fn levels(&self, process: &Process, features: usize) -> Result<Vec<f64>> {
        match (&self.grid, &process.table) {
            (None, Some(table)) => self.learnt(table),
            (None, None) => self.spaced(&GridConfig::named("karras")?, process, features),
            (Some(grid), _) => self.spaced(grid, process, features),
        }
    }

    /// `T` levels of a grid; its own last level, data, is none of them.
    fn spaced(&self, grid: &GridConfig, process: &Process, features: usize) -> Result<Vec<f64>> {
        let steps = self.steps.unwrap_or(STEPS);
        let span = Span { steps, schedule: &*self.schedule, range: process.range, features };
        let ratios = grid.levels(&span)?.into_iter().rev().map(Level::ratio);
        let mut levels: Vec<f64> = ratios.filter(|ratio| *ratio > 0.0).collect();
        // A grid that ends before data may repeat its last level.
        levels.dedup();
        Ok(levels)
    }

    /// The levels of a table, or `T` of them from its first to its last, as evenly as they can be chosen.
    fn learnt(&self, table: &Table) -> Result<Vec<f64>> {
        let mut known = table.ratios.clone();
        // The last of a table that is rescaled to noise alone may lie below the one before.
        known.sort_by(f64::total_cmp);
        known.dedup();
        let steps = self.steps.unwrap_or(known.len());
        if steps > known.len() {
            return Err(Error::config(
                "steps",
                format!(
                    "this model has learnt {} noise levels: wanted as many steps at most, or a grid for levels between them; this is \
                     {steps}",
                    known.len()
                ),
            ));
        }
        let last = (known.len() - 1) as f64;
        let below = |i: usize| (last * i as f64 / (steps.max(2) - 1) as f64).round() as usize;
        Ok((0..steps).rev().map(|i| known[known.len() - 1 - below(i)]).collect())
    }
}

/// A bound under way, from the lowest level up.
struct Ladder {
    process: Process,
    levels: Vec<f64>,
    query: Query,
    noise: Noise,
    rows: Tensor<2>,
    /// What has been paid so far, `[batch, 1]`.
    total: Tensor<2>,
    at: usize,
}

impl Ladder {
    fn advance(&mut self) -> Estimate {
        let sigma = self.levels[self.at];
        let n = self.noise.draw(Purpose::Noise, self.at as u32 + 1).cast(self.rows.dtype());
        let next = self.at.checked_sub(1).map_or(0.0, |below| self.levels[below]);
        let said = self.process.denoiser.evaluate((self.rows.clone() + n * sigma).into(), sigma, next);
        let cost = match self.at {
            0 => self.reconstruction(said, sigma) + self.prior(),
            i => self.step_down(said, [sigma, self.levels[i - 1]]),
        };
        self.total = self.total.clone() + cost;
        self.at += 1;
        let log_prob = (self.at == self.levels.len()).then(|| -self.total.clone().reshape([-1]));
        Estimate { step: self.at, done: self.at as f64 / self.levels.len() as f64, log_prob }
    }

    /// `L_i`, `[batch, 1]`.
    fn step_down(&self, Evaluation { mean, v }: Evaluation, [sigma, to]: [f64; 2]) -> Tensor<2> {
        let surplus = (self.rows.clone() - mean.into_tensor()).square() * terms::gain(sigma, to);
        let w = match v {
            Some(v) => v * Ends::of(sigma, to).range(),
            None => surplus.zeros_like(),
        };
        terms::divergence(surplus, w).sum_dim(1)
    }

    /// `L_0`, `[batch, 1]`.
    fn reconstruction(&self, Evaluation { mean, v }: Evaluation, sigma: f64) -> Tensor<2> {
        let mean = mean.into_tensor();
        let std = match (v, self.levels.get(1)) {
            (Some(v), Some(above)) => Ends::last(*above, sigma).between(v).sqrt(),
            _ => mean.zeros_like() + sigma,
        };
        terms::surprise(&self.rows, mean, std, self.query.cells.as_ref()).sum_dim(1)
    }

    /// `½ Σ (r + x²/s² − 1 − ln r)` with `s² = σ² + σ_d²` at the highest `σ`, `r = σ²/s²`, `[batch, 1]`.
    fn prior(&self) -> Tensor<2> {
        let top = self.levels[self.levels.len() - 1].powi(2);
        let s = top + self.process.sigma_data.powi(2);
        let r = top / s;
        self.rows.clone().square().sum_dim(1) * (0.5 / s)
            + 0.5 * self.noise.features as f64 * (r - 1.0 - r.ln())
    }
}

impl Estimation for Ladder {
    fn step(&mut self) -> Option<Result<Estimate>> {
        (self.at < self.levels.len()).then(|| Ok(self.advance()))
    }

    fn evaluations(&self) -> usize {
        self.at
    }
}
