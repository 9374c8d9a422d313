//! Schedules: how much signal and how much noise there is at a time `t`, `x_t = α(t) y + σ(t) n`, and the times to visit.
//!
//! `t` falls to 0 as noise becomes data, in every schedule. What a network sees depends on `σ/α` alone (Karras et al. 2022,
//! section 4: every schedule is a reparametrisation of every other), so a model trained under one is sampled under any.

mod cond_ot;
mod edm;
mod vp;
pub mod grids;

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
    /// The time at which `σ/α` is this.
    fn time(&self, ratio: f64) -> f64;
}

registry! {
    /// The schedules that a configuration can name.
    pub enum ScheduleConfig("schedule"): dyn Schedule {
        "edm" => edm::Edm,
        "cond_ot" => cond_ot::CondOt,
        "vp" => vp::Vp,
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
mod tests {
    use super::*;

    #[test]
    fn derivatives_are_those_of_alpha_and_sigma() {
        for config in ScheduleConfig::all() {
            for ratio in [0.01, 0.3, 1.0, 5.0, 60.0] {
                let t = config.time(ratio);
                let h = 1e-6 * t;
                let difference = |f: &dyn Fn(f64) -> f64| (f(t + h) - f(t - h)) / (2.0 * h);
                let alpha = difference(&|t| config.alpha(t));
                let sigma = difference(&|t| config.sigma(t));
                assert!((alpha - config.d_alpha(t)).abs() < 1e-6, "{} α' at {t}", config.name());
                assert!((sigma - config.d_sigma(t)).abs() < 1e-6, "{} σ' at {t}", config.name());
            }
        }
    }

    #[test]
    fn time_is_the_inverse_of_the_ratio_and_zero_is_data() {
        for config in ScheduleConfig::all() {
            for ratio in [0.002, 0.5, 1.0, 80.0, 1000.0] {
                let level = Level::at(&*config, config.time(ratio));
                assert!((level.ratio() / ratio - 1.0).abs() < 1e-9, "{} at {ratio}", config.name());
            }
            let data = Level::at(&*config, 0.0);
            assert_eq!((data.alpha, data.sigma), (1.0, 0.0), "{}", config.name());
        }
    }
}
