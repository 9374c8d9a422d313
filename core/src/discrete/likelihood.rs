//! The likelihood of tokens: the bound that the model has learnt by, its times spread over the whole walk.
//!
//! ```text
//! −ln p(x) ≤ E_{t, x_t} cost(x, x_t, t) ≈ (1/n) Σ_{i<n} cost(x, x_{t_i}, t_i),   t_i in the i-th of n equal parts
//! ```
//!
//! It is an estimate of the bound without bias for any `n`; more lower its variance.

use burn::prelude::*;

use super::objective::{Guess, TokenObjectiveConfig};
use super::process::{Predictor, Process, draws};
use super::{Discrete, Trained};
use crate::likelihood::{Estimate, Estimation, Likelihood, LikelihoodConfig, Method, Query};
use crate::random::{Key, Purpose};
use crate::samplers::Noise;
use crate::{Error, Result};

/// Draws of time and noise where nobody says.
const STEPS: usize = 128;

impl Likelihood for Discrete {
    fn judge(&self, rows: Tensor<2>, query: &Query) -> Result<Box<dyn Estimation>> {
        let [batch, _] = self.card.judged(&rows)?;
        let steps = steps(query.method.as_ref())?;
        let Trained { classes, config, device, .. } = &*self.core;
        let class = query.told(batch, *classes, config.label_dropout, device)?;
        let core = self.core.clone();
        let predictor = move |x: Tensor<2>, times: &[f64]| core.predict(x, times, class.clone());
        let (process, objective) = (self.core.process.clone(), self.core.config.objective.clone());
        let predictor = Box::new(predictor);
        Ok(Box::new(Strata::new(predictor, process, objective, steps, (rows, query))))
    }
}

/// In how many strata; what a bound of numbers can be told beside is refused.
fn steps(method: Option<&LikelihoodConfig>) -> Result<usize> {
    let bound = match method {
        None => return Ok(STEPS),
        Some(LikelihoodConfig::Bound(bound)) => bound,
        Some(other) => {
            let message = format!("likelihood: a model of tokens has a `bound`, no `{}`", other.name());
            return Err(Error::argument(message));
        }
    };
    bound.check()?;
    for (name, told) in [("grid", bound.grid.is_some()), ("schedule", bound.schedule.name() != "edm")] {
        if told {
            let message =
                "a bound of tokens draws its times evenly, along the model's own schedule; leave it out";
            return Err(Error::config(name, message));
        }
    }
    Ok(bound.steps.unwrap_or(STEPS))
}

/// A bound under way, a stratum of time a step.
pub(super) struct Strata {
    predictor: Box<dyn Predictor>,
    process: Process,
    objective: TokenObjectiveConfig,
    steps: usize,
    noise: Noise,
    rows: Tensor<2>,
    /// What has been paid so far, `[batch]`.
    total: Tensor<1>,
    at: usize,
}

impl Strata {
    pub(super) fn new(
        predictor: Box<dyn Predictor>,
        process: Process,
        objective: TokenObjectiveConfig,
        steps: usize,
        (rows, query): (Tensor<2>, &Query),
    ) -> Self {
        let [batch, features] = rows.dims();
        let noise =
            Noise { seed: query.seed, first: query.first, rows: batch, features, device: rows.device() };
        let total = Tensor::zeros([batch], (&rows.device(), rows.dtype()));
        Self { predictor, process, objective, steps, noise, rows, total, at: 0 }
    }

    fn advance(&mut self) -> Estimate {
        let time = |row: usize| {
            let key = Key::new(self.noise.seed, Purpose::Level, self.noise.first + row as u64);
            let within = key.draw(self.at as u32).stream().uniform();
            self.objective.time((self.at as f64 + within) / self.steps as f64)
        };
        let times: Vec<f64> = (0..self.noise.rows).map(time).collect();
        let draws = draws(&self.noise, Purpose::Noise, self.at as u32 + 1);
        let (x0, x_t) = (self.rows.clone(), self.process.noised(&self.rows, &times, draws));
        let log_x0 = self.predictor.predict(x_t.clone(), &times);
        let cost = self.objective.cost(&self.process, &Guess { x0, x_t, times, log_x0 });
        let paid = cost.sum_dim(1).reshape([-1]) / self.steps as f64;
        self.total = self.total.clone() + paid;
        self.at += 1;
        let log_prob = (self.at == self.steps).then(|| -self.total.clone());
        Estimate { step: self.at, done: self.at as f64 / self.steps as f64, log_prob }
    }
}

impl Estimation for Strata {
    fn step(&mut self) -> Option<Result<Estimate>> {
        (self.at < self.steps).then(|| Ok(self.advance()))
    }

    fn evaluations(&self) -> usize {
        self.at
    }
}
