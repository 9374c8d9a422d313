//! Learning rates over time.

mod constant;
mod cosine;
mod linear;
mod inverse_sqrt;

use crate::Result;

/// A learning rate over time.
pub trait Rate {
    /// Refuses values outside of their range.
    fn check(&self) -> Result<()>;

    /// The rate of step `step` (from 0) of `steps`.
    fn at(&self, step: u64, steps: u64) -> f64;
}

registry! {
    /// The learning-rate schedules that a configuration can name.
    pub enum RateConfig("learning rate"): dyn Rate {
        "cosine" => cosine::Cosine,
        "constant" => constant::Constant,
        "linear" => linear::Linear,
        "inverse_sqrt" => inverse_sqrt::InverseSqrt,
    }
}

/// The share of the rate during a linear warm-up: 1 after it.
fn warmed(step: u64, warmup: u64) -> f64 {
    if step < warmup { (step + 1) as f64 / (warmup + 1) as f64 } else { 1.0 }
}

/// How much of the way between the end of the warm-up and that of training lies behind, 0 to 1.
fn descended(step: u64, steps: u64, warmup: u64) -> f64 {
    let all = steps.saturating_sub(warmup).max(1) as f64;
    (step.saturating_sub(warmup) as f64 / all).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rate_warms_up_to_its_peak_and_stays_positive() {
        for config in RateConfig::all() {
            let rates: Vec<f64> = (0..1000).map(|step| config.at(step, 1000)).collect();
            let peak = rates.iter().copied().fold(0.0, f64::max);
            assert!((peak - 1e-3).abs() < 1e-9, "{}: {peak}", config.name());
            assert!(rates[0] < 0.02 * peak && rates.iter().all(|rate| *rate >= 0.0), "{}", config.name());
        }
    }

    #[test]
    fn the_other_decays_follow_their_formulas() {
        let rate = linear::Linear { peak: 2.0, warmup: 100, floor: 0.5 };
        assert!((rate.at(550, 1000) - 1.25).abs() < 1e-9 && (rate.at(1000, 1000) - 0.5).abs() < 1e-9);
        let rate = inverse_sqrt::InverseSqrt { peak: 2.0, warmup: 10, reference: 100 };
        assert_eq!((rate.at(50, 1000), rate.at(100, 1000)), (2.0, 2.0));
        assert!((rate.at(400, 1000) - 1.0).abs() < 1e-9);
    }

    #[test]
    fn cosine_is_half_way_down_half_way_through() {
        let rate = cosine::Cosine { peak: 2.0, warmup: 100, floor: 0.0 };
        assert!((rate.at(550, 1000) - 1.0).abs() < 1e-9);
        assert!(rate.at(999, 1000) < 1e-4);
    }
}
