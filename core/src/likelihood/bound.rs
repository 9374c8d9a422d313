//! The variational bound of a discrete-time model: what it costs to send `x` through a ladder of noise levels.
//!
//! ```text
//! −log p(x) ≤ L_0 + Σ_{i=1}^T L_i + L_prior,   σ_0 < σ_1 < … < σ_T
//! L_0     = E[−log N(x; D(x + σ_0 n; σ_0), σ_0² I)]
//! L_i     = KL(q(x_{i−1}|x_i, x) ‖ p(x_{i−1}|x_i)) = ½ (1/σ_{i−1}² − 1/σ_i²) E‖x − D(x + σ_i n; σ_i)‖²
//! L_prior = KL(N(x, σ_T² I) ‖ N(0, (σ_T² + σ_d²) I))
//! ```
//!
//! Ho et al. 2020, Eq. 5, <https://arxiv.org/abs/2006.11239>, in the terms of Kingma et al. 2021, Eq. 11 to 14,
//! <https://arxiv.org/abs/2107.00630>, with `SNR = 1/σ²`. The variance of each step is the posterior's, unless the model has learnt
//! another (`terms`). For discrete data `L_0` is the probability of the cell (Ho et al. 2020, Eq. 13): no dequantisation is needed.

use burn::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Estimate, Estimation, Method, Process, Query, terms};
use crate::config::check::{at_least, under};
use crate::random::Purpose;
use crate::registry::{About, Member};
use crate::samplers::{Ends, Evaluation, Noise};
use crate::schedules::grids::{GridConfig, Span};
use crate::schedules::{Level, ScheduleConfig};
use crate::{Error, Result};

/// A lower bound of the log-likelihood, a noise draw for each level and row.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Bound {
    /// `T`: how many steps the model takes from noise to data.
    pub steps: usize,
    /// The levels that it visits.
    pub grid: GridConfig,
    /// The frame in which they are spaced.
    pub schedule: ScheduleConfig,
}

impl Default for Bound {
    fn default() -> Self {
        let named = "the default should be registered";
        Self {
            steps: 1000,
            grid: GridConfig::named("karras").expect(named),
            schedule: ScheduleConfig::named("edm").expect(named),
        }
    }
}

impl Member for Bound {
    const ABOUT: About = About {
        summary: "Variational lower bound of the model in discrete time",
        paper: "Ho et al. 2020, https://arxiv.org/abs/2006.11239; Kingma et al. 2021, https://arxiv.org/abs/2107.00630",
    };
}

impl Method for Bound {
    fn check(&self) -> Result<()> {
        at_least("steps", self.steps, 1)?;
        under("grid", self.grid.check())
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
    /// `σ/α` of `T + 1` levels, rising; the grid's own last level, data, is none of them.
    fn levels(&self, process: &Process, features: usize) -> Result<Vec<f64>> {
        let span = Span { steps: self.steps + 1, schedule: &*self.schedule, range: process.range, features };
        let ratios = self.grid.levels(&span)?.into_iter().map(Level::ratio);
        let mut levels: Vec<f64> = ratios.filter(|ratio| *ratio > 0.0).collect();
        levels.reverse();
        if levels.iter().all(|ratio| ratio.is_finite()) {
            return Ok(levels);
        }
        Err(Error::argument(format!(
            "grid {}: a bound needs finite noise levels, but this one begins at pure noise",
            self.grid.name()
        )))
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
        let said = self.process.denoiser.evaluate(self.rows.clone() + n * sigma, sigma, next);
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
        let surplus = (self.rows.clone() - mean).square() * terms::gain(sigma, to);
        match v {
            None => surplus.sum_dim(1) * 0.5,
            Some(v) => terms::divergence(surplus, v * Ends::of(sigma, to).range()).sum_dim(1),
        }
    }

    /// `L_0`, `[batch, 1]`.
    fn reconstruction(&self, Evaluation { mean: denoised, v }: Evaluation, sigma: f64) -> Tensor<2> {
        if let Some(v) = v {
            let std = Ends::last(self.levels[1], sigma).between(v).sqrt();
            return terms::surprise(&self.rows, denoised, std, self.query.cells.as_ref()).sum_dim(1);
        }
        if let Some(cells) = &self.query.cells {
            return -cells.log_mass(&self.rows, denoised, sigma);
        }
        let scale = self.noise.features as f64 * (sigma.ln() + 0.5 * std::f64::consts::TAU.ln());
        let away = (self.rows.clone() - denoised) / sigma;
        away.square().sum_dim(1) * 0.5 + scale
    }

    /// `½ Σ (r + x²/s² − 1 − ln r)` with `s² = σ_T² + σ_d²`, `r = σ_T²/s²`, `[batch, 1]`.
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
