//! Time grids: which noise levels a sampler visits.

mod karras;
mod exponential;
mod log_snr;
mod polynomial;
mod linear;
mod quadratic;
mod cosine;
mod beta;
mod incomplete_beta;
mod shift;
mod discrete;
mod table;
mod ays;
mod explicit;
mod crash;
mod stop;
mod fit;

use super::{Level, Schedule};
use crate::config::check::under;
use crate::{Error, Result};

pub use ays::AysTable;
pub use discrete::{Ending, Interpolation, TimestepRule, TimestepSpacing};
pub use fit::{Aim, Fit, fit};
pub use linear::Bound;
pub use shift::ShiftRule;

/// What a grid is to cover.
#[derive(Clone, Copy)]
pub struct Span<'a> {
    /// How many times are wanted.
    pub steps: usize,
    /// Whose times.
    pub schedule: &'a dyn Schedule,
    /// `σ/α` at the end and at the start of the walk.
    pub range: [f64; 2],
    /// Numbers in a sample, for grids that depend on the resolution.
    pub features: usize,
}

/// A rule that spaces times.
pub trait Spacing {
    /// `steps` falling times of the schedule, from the noisiest to the last before data.
    fn times(&self, span: &Span) -> Result<Vec<f64>>;

    /// The time after them, at which the walk ends: data, unless the grid is told otherwise.
    fn end(&self, _span: &Span) -> Result<f64> {
        Ok(0.0)
    }

    /// Refuses options that its type alone does not.
    fn check(&self) -> Result<()> {
        Ok(())
    }
}

registry! {
    /// The time grids that a configuration can name.
    pub enum GridConfig("grid"): dyn Spacing {
        "karras" => karras::Karras,
        "exponential" => exponential::Exponential,
        "log_snr" => log_snr::LogSnr,
        "polynomial" => polynomial::Polynomial,
        "linear" => linear::Linear,
        "quadratic" => quadratic::Quadratic,
        "cosine" => cosine::Cosine,
        "beta" => beta::Beta,
        "shift" => shift::Shift,
        "discrete" => discrete::Discrete,
        "ays" => ays::Ays,
        "explicit" => explicit::Explicit,
        "crash" => crash::Crash,
        "stop" => stop::Stop,
    }
}

impl Span<'_> {
    /// Falling `σ/α` as times of the schedule.
    fn times(&self, ratios: impl IntoIterator<Item = f64>) -> Vec<f64> {
        ratios.into_iter().map(|ratio| self.schedule.time(ratio)).collect()
    }

    /// Each step's place between the start (0) and the end (1) of the walk; the only one is at the start.
    fn places(&self) -> impl Iterator<Item = f64> + use<> {
        let last = (self.steps.max(2) - 1) as f64;
        (0..self.steps).map(move |i| i as f64 / last)
    }
}

impl GridConfig {
    /// `steps + 1` levels, falling, the last of them data unless the grid ends earlier: there it may repeat the level before.
    ///
    /// Where the schedule does not reach the start of the range, the walk starts from the noisiest that it reaches.
    pub fn levels(&self, span: &Span) -> Result<Vec<Level>> {
        self.check()?;
        under("schedule", span.schedule.check())?;
        if span.steps == 0 {
            return Err(Error::argument("steps: a walk from noise to data takes at least 1 step, not 0"));
        }
        let span = &Span { range: self.reachable(span)?, ..*span };
        let mut times = self.times(span)?;
        assert_eq!(times.len(), span.steps, "the grid {} should have a time for each step", self.name());
        let end = self.end(span)?;
        times.push(end);
        let stops = |pair: &[f64]| pair[0] == pair[1] && pair[1] == end && end > 0.0;
        let rises = |pair: &&[f64]| pair[0].is_nan() || pair[0] <= pair[1] && !stops(pair);
        if let Some(pair) = times.windows(2).find(rises) {
            return Err(self.does_not_fall(pair[0], pair[1], span));
        }
        let levels: Vec<Level> = times.into_iter().map(|t| Level::at(span.schedule, t)).collect();
        match levels.iter().find(|level| !(0.0..f64::INFINITY).contains(&level.ratio())) {
            Some(level) => Err(self.has_no_signal(level.t)),
            None => Ok(levels),
        }
    }

    /// The part of the range that the schedule reaches.
    fn reachable(&self, span: &Span) -> Result<[f64; 2]> {
        let ([end, start], largest) = (span.range, span.schedule.largest());
        if 0.0 < end && end < start.min(largest) {
            return Ok([end, start.min(largest)]);
        }
        Err(Error::argument(format!(
            "grid {}: cannot walk from σ/α = {start} down to {end}: the end should be above 0 and below the start, and the schedule reaches {largest} at most",
            self.name()
        )))
    }

    fn has_no_signal(&self, time: f64) -> Error {
        Error::argument(format!(
            "grid {}: at its time {time} there is no signal left, which this schedule cannot walk from; take a schedule that stops just before it (vp, cond_ot), or a grid that starts lower",
            self.name()
        ))
    }

    fn does_not_fall(&self, from: f64, to: f64, span: &Span) -> Error {
        let (name, largest) = (self.name(), span.schedule.largest());
        Error::argument(if from == to && from == span.schedule.time(f64::INFINITY) {
            format!(
                "grid {name}: several of its levels lie at or above σ/α = {largest}, which is all that the schedule reaches; take another schedule, or a grid within its reach"
            )
        } else {
            format!("grid {name}: times must fall, but {to} follows {from}")
        })
    }
}

#[cfg(test)]
mod tests;
