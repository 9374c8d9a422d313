//! Time grids: which noise levels a sampler visits.

mod karras;
mod linear;

use super::{Level, Schedule};
use crate::{Error, Result};

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

    /// Refuses options that its type alone does not.
    fn check(&self) -> Result<()> {
        Ok(())
    }
}

registry! {
    /// The time grids that a configuration can name.
    pub enum GridConfig("grid"): dyn Spacing {
        "karras" => karras::Karras,
        "linear" => linear::Linear,
    }
}

impl GridConfig {
    /// `steps + 1` levels, falling, the last of them data.
    pub fn levels(&self, span: &Span) -> Result<Vec<Level>> {
        self.check()?;
        if span.steps == 0 {
            return Err(Error::argument("steps: a walk from noise to data takes at least 1 step, not 0"));
        }
        let mut times = self.times(span)?;
        times.push(0.0);
        if let Some(pair) = times.windows(2).find(|pair| pair[0].is_nan() || pair[0] <= pair[1]) {
            let (name, [from, to]) = (self.name(), [pair[0], pair[1]]);
            return Err(Error::argument(format!("grid {name}: times must fall, but {to} follows {from}")));
        }
        Ok(times.into_iter().map(|t| Level::at(span.schedule, t)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::super::ScheduleConfig;
    use super::*;

    fn span(steps: usize, schedule: &dyn Schedule) -> Span<'_> {
        Span { steps, schedule, range: [0.002, 80.0], features: 784 }
    }

    #[test]
    fn every_grid_falls_from_the_top_to_data_under_every_schedule() {
        for (grid, schedule) in
            GridConfig::all().iter().flat_map(|g| ScheduleConfig::all().into_iter().map(move |s| (g, s)))
        {
            for steps in [1, 2, 7, 100] {
                let levels = grid.levels(&span(steps, &*schedule)).expect("a grid");
                assert_eq!(levels.len(), steps + 1);
                assert!((levels[0].ratio() / 80.0 - 1.0).abs() < 1e-9, "{} {}", grid.name(), schedule.name());
                assert_eq!(levels[steps].sigma, 0.0);
            }
            assert!(grid.levels(&span(0, &*schedule)).is_err());
        }
    }

    /// Eq. 5 of Karras et al. 2022 written out once more, and its two ends.
    #[test]
    fn karras_is_the_papers() {
        let schedule = ScheduleConfig::named("edm").expect("edm");
        let levels = GridConfig::named("karras").and_then(|grid| grid.levels(&span(10, &*schedule)));
        let sigmas: Vec<f64> = levels.expect("a grid").iter().map(|level| level.sigma).collect();
        let formula = |i: f64| {
            let (max, min) = (80_f64.powf(1.0 / 7.0), 0.002_f64.powf(1.0 / 7.0));
            (max + i / 9.0 * (min - max)).powi(7)
        };
        assert!((sigmas[0] - 80.0).abs() < 1e-9 && (sigmas[9] - 0.002).abs() < 1e-12);
        assert!((0..10).all(|i| (sigmas[i] - formula(i as f64)).abs() < 1e-9));
    }
}
