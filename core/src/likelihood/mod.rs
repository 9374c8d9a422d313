//! Likelihood: how probable a model finds what it is shown, `log p(x)` in nats.
//!
//! Written over the denoiser `D(x; σ)` alone. Every schedule is a reparametrisation of every other and leads along the same
//! trajectories (Karras et al. 2022, section 4, <https://arxiv.org/abs/2206.00364>), so none is asked for.

mod cells;
pub mod divergence;
pub mod integrators;

// The methods
mod integration;
mod ode;
pub(crate) mod terms;
mod bound;
mod exact;
mod importance;
mod counted;

use burn::prelude::*;

use crate::nn::{Trace, one_hot};
use crate::samplers::{Denoiser, Noise};
use crate::schedules::discrete::Table;
use crate::{Error, Result};

pub use cells::Cells;
pub(crate) use counted::Counted;
pub use divergence::DivergenceConfig;
pub(crate) use integration::Integration;
pub use integrators::IntegratorConfig;

/// A model that knows how probable it finds what it is shown.
pub trait Likelihood {
    /// Begins to judge `rows`, `[batch, features]`; fails where the query does not fit the model.
    fn judge(&self, rows: Tensor<2>, query: &Query) -> Result<Box<dyn Estimation>>;

    /// What the model's parts give of rows whose likelihood is not finite; `None` where nothing is known of them.
    fn trace(&self, _rows: Tensor<2>, _query: &Query) -> Result<Option<Trace>> {
        Ok(None)
    }
}

/// How rows are to be judged.
#[derive(Clone, Debug, Default)]
pub struct Query {
    /// By which method; `None` leaves the choice to the model.
    pub method: Option<LikelihoodConfig>,
    /// Seed of probes and noise.
    pub seed: u64,
    /// Index of the first row: a row is judged alike, whatever the batch in which it comes.
    pub first: u64,
    /// The class of each row, for `log p(x | class)`; `None` for `log p(x)`.
    pub classes: Option<Vec<u32>>,
    /// What the rows' numbers stand for: the midpoints of these cells, for the log-probability of discrete data; `None` for a
    /// log-density.
    pub cells: Option<Cells>,
}

/// An estimation under way. It does not block: the caller decides when to read what it gives.
pub trait Estimation {
    /// Takes one step; `None` once there is nothing left to do. After an error there is nothing left to do.
    fn step(&mut self) -> Option<Result<Estimate>>;

    /// Evaluations of the denoiser so far, each of the whole batch; those with a gradient count once.
    fn evaluations(&self) -> usize;
}

/// Where an estimation stands after a step.
#[derive(Clone, Debug)]
pub struct Estimate {
    /// Steps taken.
    pub step: usize,
    /// Share of the work that is done, from 0 to 1.
    pub done: f64,
    /// At the end, `log p(x)` in nats or a lower bound of it, `[batch]`, still on the device.
    pub log_prob: Option<Tensor<1>>,
}

/// Takes all steps: `[batch]`, in nats.
pub fn finish(estimation: &mut dyn Estimation) -> Result<Tensor<1>> {
    let mut log_prob = None;
    while let Some(estimate) = estimation.step() {
        log_prob = estimate?.log_prob;
    }
    log_prob.ok_or_else(|| Error::argument("this estimation has been finished before"))
}

/// Nats as bits per dimension, `−log p(x)/(d ln 2)`: what it costs to write a number down (Theis et al. 2016,
/// <https://arxiv.org/abs/1511.01844>).
pub fn bits_per_dim(log_prob: f64, features: usize) -> f64 {
    -log_prob / (features as f64 * std::f64::consts::LN_2)
}

/// What the methods know of a model: how noise is taken out, and between which levels.
pub struct Process {
    /// `D(x; σ)`. It is evaluated with gradients, and on as many rows as are judged.
    pub denoiser: Box<dyn Denoiser>,
    /// Standard deviation of the data: that of the prior is `sqrt(σ_max² + σ_data²)`.
    pub sigma_data: f64,
    /// The lowest noise level and the highest, `0 < σ_min < σ_max`.
    pub range: [f64; 2],
    /// The noise levels at which it was learnt, where it was learnt at no others.
    pub table: Option<Table>,
}

/// A way to estimate a likelihood.
pub trait Method {
    /// Refuses options that its type alone does not.
    fn check(&self) -> Result<()>;

    /// Begins to judge `rows`, `[batch, features]`, by a denoiser; fails where the method asks for something else of a model.
    fn begin(&self, process: Process, rows: Tensor<2>, query: &Query) -> Result<Box<dyn Estimation>>;
}

/// The error of a method that `others` have.
fn of_others(method: &str, others: &str) -> Error {
    Error::argument(format!(
        "likelihood: `{method}` is for {others}; of a denoiser there are `ode` and `bound`"
    ))
}

registry! {
    /// The estimates of a likelihood that a configuration can name.
    pub enum LikelihoodConfig("likelihood"): dyn Method {
        "ode" => ode::Ode,
        "bound" => bound::Bound,
        "exact" => exact::Exact,
        "importance" => importance::Importance,
    }
}

impl Query {
    /// Where the noise of these rows comes from.
    pub(crate) fn noise(&self, rows: &Tensor<2>) -> Noise {
        let [batch, features] = rows.dims();
        Noise { seed: self.seed, first: self.first, rows: batch, features, device: rows.device() }
    }

    /// What a model of so many classes is told of `batch` rows: one-hot, rows of zeros where no class is named; nothing where it has
    /// none. One whose classes were never hidden while it learnt (`label_dropout` 0) has to be told.
    pub(crate) fn told(
        &self,
        batch: usize,
        classes: usize,
        label_dropout: f64,
        device: &Device,
    ) -> Result<Option<Tensor<2>>> {
        let refused = |message: String| Err(Error::argument(message));
        let rows: Vec<Option<u32>> = match &self.classes {
            None if classes == 0 => return Ok(None),
            None if label_dropout == 0.0 => {
                return refused(
                    "classes: this model has only learnt log p(x | class); give each row's class".into(),
                );
            }
            None => vec![None; batch],
            Some(_) if classes == 0 => {
                return refused("classes: this model has learnt no classes; leave them out".into());
            }
            Some(rows) => rows.iter().copied().map(Some).collect(),
        };
        if rows.len() != batch {
            return refused(format!(
                "classes: wanted one for each of {batch} rows, these are {}",
                rows.len()
            ));
        }
        match rows.iter().flatten().find(|class| **class as usize >= classes) {
            Some(class) => {
                refused(format!("class: {class} is out of range; the classes are 0 to {}", classes - 1))
            }
            None => Ok(Some(one_hot(&rows, classes, device))),
        }
    }
}

#[cfg(test)]
mod tests;
