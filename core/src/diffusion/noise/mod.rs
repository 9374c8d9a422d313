//! Which noise levels `σ/α` are seen in training, by the inverse of their cumulative distribution.

mod log_normal;
mod uniform;
mod logit_normal;
mod ve;
mod vp;
mod sub_vp;
mod laplace;
mod discrete;

use kiln_kernels::normals::exceeded;

use crate::Result;
use crate::config::check::{positive, within};
use crate::schedules::discrete::Table;
use crate::schedules::{Level, Schedule};

/// A distribution of noise levels.
pub trait LevelDistribution {
    /// The level below which the share `u` of levels lies; `u` in (0, 1).
    fn sigma(&self, u: f64) -> f64;

    /// The same for many shares.
    fn sigmas(&self, shares: &[f64]) -> Vec<f64> {
        shares.iter().map(|u| self.sigma(*u)).collect()
    }

    /// The levels, where there are finitely many and each is as frequent as any.
    fn table(&self) -> Option<Table> {
        None
    }

    /// Refuses options that its type alone does not.
    fn check(&self) -> Result<()> {
        Ok(())
    }
}

registry! {
    /// The distributions of noise levels that a configuration can name.
    pub enum NoiseConfig("noise distribution"): dyn LevelDistribution {
        "log_normal" => log_normal::LogNormal,
        "uniform" => uniform::Uniform,
        "logit_normal" => logit_normal::LogitNormal,
        "ve" => ve::Ve,
        "vp" => vp::Vp,
        "sub_vp" => sub_vp::SubVp,
        "laplace" => laplace::Laplace,
        "discrete" => discrete::Discrete,
    }
}

/// Refuses a normal with which a level would be infinite, or 0, in single precision: eight deviations from the mean are drawn at most.
fn bearable(mean: f64, std: f64) -> Result<()> {
    within("mean", mean, -20.0, 20.0)?;
    positive("std", std)?;
    within("std", std, 0.0, 5.0)
}

/// `σ/α` of a schedule at time `t`.
fn at(schedule: &dyn Schedule, t: f64) -> f64 {
    Level::at(schedule, t).ratio()
}

/// `t/(1 − t)` for `t` within a thousandth of the ends.
fn straight(t: f64) -> f64 {
    let t = t.clamp(1e-3, 1.0 - 1e-3);
    t / (1.0 - t)
}

/// The standard normal's quantile.
fn normal_quantile(u: f64) -> f64 {
    if u < 0.5 { -exceeded(u) } else { exceeded(1.0 - u) }
}

#[cfg(test)]
mod tests;
