//! The likelihood of tokens: the bound that the model has learnt by, its times spread over the whole walk.
//!
//! ```text
//! −ln p(x) ≤ E_{t, x_t} cost(x, x_t, t) ≈ (1/n) Σ_{i<n} cost(x, x_{t_i}, t_i),   t_i in the i-th of n equal parts
//! ```
//!
//! It is an estimate of the bound without bias for any `n`; more lower its variance.

use burn::prelude::*;

use super::objective::{Guess, ObjectiveConfig};
use super::process::{Predictor, Process, draws};
use super::{Discrete, Trained};
use crate::likelihood::{Estimate, Estimation, Likelihood, LikelihoodConfig, Query};
use crate::nn::one_hot;
use crate::random::{Key, Purpose};
use crate::samplers::Noise;
use crate::{Error, Result};

/// Draws of time and noise where nobody says.
const STEPS: usize = 128;

impl Likelihood for Discrete {
    fn judge(&self, rows: Tensor<2>, query: &Query) -> Result<Box<dyn Estimation>> {
        let [batch, features] = rows.dims();
        if batch == 0 || features != self.card.features() {
            return Err(Error::argument(format!(
                "likelihood: wanted rows of {} tokens, at least 1; these are {batch} of {features}",
                self.card.features()
            )));
        }
        let steps = match &query.method {
            None => STEPS,
            Some(LikelihoodConfig::Bound(bound)) if bound.steps > 0 => bound.steps,
            Some(LikelihoodConfig::Bound(_)) => {
                return Err(Error::config("steps", "wanted 1 or more; this is 0"));
            }
            Some(other) => {
                return Err(Error::argument(format!(
                    "likelihood: a model of tokens has a `bound`, no `{}`",
                    other.name()
                )));
            }
        };
        let class = classes(&self.core, batch, query)?;
        let core = self.core.clone();
        let predictor = move |x: Tensor<2>, times: &[f64]| core.predict(x, times, class.clone());
        let (process, objective) = (self.core.process.clone(), self.core.config.objective.clone());
        let predictor = Box::new(predictor);
        Ok(Box::new(Strata::new(predictor, process, objective, steps, (rows, query))))
    }
}

/// A bound under way, a stratum of time a step.
pub(super) struct Strata {
    predictor: Box<dyn Predictor>,
    process: Process,
    objective: ObjectiveConfig,
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
        objective: ObjectiveConfig,
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

/// The one-hot rows of the query's classes; rows of zeros where it names none.
fn classes(model: &Trained, batch: usize, query: &Query) -> Result<Option<Tensor<2>>> {
    let known = model.classes;
    let rows: Vec<Option<u32>> = match &query.classes {
        None if known == 0 => return Ok(None),
        None => vec![None; batch],
        Some(_) if known == 0 => {
            return Err(Error::argument("classes: this model has learnt no classes; leave them out"));
        }
        Some(classes) => classes.iter().copied().map(Some).collect(),
    };
    if rows.len() != batch || rows.iter().flatten().any(|class| *class as usize >= known) {
        return Err(Error::argument(format!(
            "classes: wanted one of 0 to {} for each of {batch} rows, these are {}",
            known - 1,
            rows.len()
        )));
    }
    Ok(Some(one_hot(&rows, known, &model.device)))
}
