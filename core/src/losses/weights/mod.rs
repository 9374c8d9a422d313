//! Weights of losses that change as training goes on.

mod constant;
mod cosine;
mod cyclical;
mod linear;
#[cfg(test)]
mod tests;

use crate::Result;

/// A weight at each step.
pub trait Scheduled {
    /// From 0 to 1, before step `step` of `steps`.
    fn at(&self, step: u64, steps: u64) -> f64;

    /// Refuses what makes no schedule.
    fn check(&self) -> Result<()> {
        Ok(())
    }
}

registry! {
    /// The schedules of a loss's weight that a configuration can name.
    pub enum LossScheduleConfig("loss schedule"): dyn Scheduled {
        "constant" => constant::ConstantWeight,
        "linear" => linear::LinearWeight,
        "cosine" => cosine::CosineWeight,
        "cyclical" => cyclical::CyclicalWeight,
    }
}

impl Default for LossScheduleConfig {
    fn default() -> Self {
        Self::ConstantWeight(ConstantWeight::default())
    }
}

/// How much of a span has passed, from 0 to 1, `delay` steps after the start.
fn passed(step: u64, delay: u64, span: u64) -> f64 {
    (step.saturating_sub(delay) as f64 / span.max(1) as f64).min(1.0)
}
