//! Schedules: how much signal and how much noise there is at a time `t`, `x_t = α(t) y + σ(t) n`, and the times to visit.
//!
//! `t` falls to 0 as noise becomes data, in every schedule. What a network sees depends on `σ/α` alone (Karras et al. 2022,
//! section 4: every schedule is a reparametrisation of every other), so a model trained under one is sampled under any.

mod edm;
mod ve;
mod cond_ot;
mod vp;
mod vp_linear;
mod vp_scaled_linear;
mod vp_cosine;
mod vp_sigmoid;
mod sub_vp;
mod laplace;
pub mod discrete;
pub mod grids;

use crate::Result;

/// `α`, `σ` and their derivatives in time.
pub trait Schedule {
    /// `α(t)`, the signal's scale.
    fn alpha(&self, t: f64) -> f64;
    /// `σ(t)`, the noise's.
    fn sigma(&self, t: f64) -> f64;
    /// `dα/dt`.
    fn d_alpha(&self, t: f64) -> f64;
    /// `dσ/dt`.
    fn d_sigma(&self, t: f64) -> f64;
    /// The time at which `σ/α` is this; the last time where it is never reached.
    fn time(&self, ratio: f64) -> f64;

    /// The largest `σ/α` that it reaches.
    fn largest(&self) -> f64 {
        f64::INFINITY
    }

    /// Refuses options that its type alone does not.
    fn check(&self) -> Result<()> {
        Ok(())
    }
}

/// The last time of schedules that have no signal left at 1, where `x/α` is not defined: as good as 1.
const LATEST: f64 = 1.0 - 1e-12;

registry! {
    /// The schedules that a configuration can name.
    pub enum ScheduleConfig("schedule"): dyn Schedule {
        "edm" => edm::Edm,
        "cond_ot" => cond_ot::CondOt,
        "vp" => vp::Vp,
        "ve" => ve::Ve,
        "vp_linear" => vp_linear::VpLinear,
        "vp_scaled_linear" => vp_scaled_linear::VpScaledLinear,
        "vp_cosine" => vp_cosine::VpCosine,
        "vp_sigmoid" => vp_sigmoid::VpSigmoid,
        "sub_vp" => sub_vp::SubVp,
        "laplace" => laplace::Laplace,
    }
}

/// A time, with its signal and noise.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Level {
    /// The schedule's own time.
    pub t: f64,
    /// `α(t)`.
    pub alpha: f64,
    /// `σ(t)`.
    pub sigma: f64,
}

impl Level {
    /// The level of `schedule` at `t`.
    pub fn at(schedule: &dyn Schedule, t: f64) -> Self {
        Self { t, alpha: schedule.alpha(t), sigma: schedule.sigma(t) }
    }

    /// `σ/α`: the noise level that the denoiser is told.
    pub fn ratio(self) -> f64 {
        self.sigma / self.alpha
    }

    /// `λ = ln(α/σ)`, half the logarithm of the signal-to-noise ratio (Lu et al. 2022).
    pub fn log_snr(self) -> f64 {
        (self.alpha / self.sigma).ln()
    }
}

#[cfg(test)]
mod tests;
