//! Time grids: which noise levels a sampler visits.

mod karras;
mod linear;

use super::{Level, Schedule};
use crate::{Error, Result};

/// A rule that spaces times.
pub trait Spacing {
    /// `steps` times from the noisiest to the last before data. `range` is `[σ/α]` at the end and at the start of the walk.
    fn times(&self, steps: usize, schedule: &dyn Schedule, range: [f64; 2]) -> Vec<f64>;
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
    pub fn levels(&self, steps: usize, schedule: &dyn Schedule, range: [f64; 2]) -> Result<Vec<Level>> {
        if steps == 0 {
            return Err(Error::argument("steps: a walk from noise to data takes at least 1 step, not 0"));
        }
        let mut times = self.times(steps, schedule, range);
        times.push(0.0);
        if let Some(pair) = times.windows(2).find(|pair| pair[0].is_nan() || pair[0] <= pair[1]) {
            let (name, [from, to]) = (self.name(), [pair[0], pair[1]]);
            return Err(Error::argument(format!("grid {name}: times must fall, but {to} follows {from}")));
        }
        Ok(times.into_iter().map(|t| Level::at(schedule, t)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::super::ScheduleConfig;
    use super::*;

    #[test]
    fn every_grid_falls_from_the_top_to_data_under_every_schedule() {
        for (grid, schedule) in
            GridConfig::all().iter().flat_map(|g| ScheduleConfig::all().into_iter().map(move |s| (g, s)))
        {
            for steps in [1, 2, 7, 100] {
                let levels = grid.levels(steps, &*schedule, [0.002, 80.0]).expect("a grid");
                assert_eq!(levels.len(), steps + 1);
                assert!((levels[0].ratio() / 80.0 - 1.0).abs() < 1e-9, "{} {}", grid.name(), schedule.name());
                assert_eq!(levels[steps].sigma, 0.0);
            }
            assert!(grid.levels(0, &*schedule, [0.002, 80.0]).is_err());
        }
    }

    /// Eq. 5 of Karras et al. 2022 written out once more, and its two ends.
    #[test]
    fn karras_is_the_papers() {
        let schedule = ScheduleConfig::named("edm").expect("edm");
        let levels = GridConfig::named("karras").and_then(|grid| grid.levels(10, &*schedule, [0.002, 80.0]));
        let sigmas: Vec<f64> = levels.expect("a grid").iter().map(|level| level.sigma).collect();
        let formula = |i: f64| {
            let (max, min) = (80_f64.powf(1.0 / 7.0), 0.002_f64.powf(1.0 / 7.0));
            (max + i / 9.0 * (min - max)).powi(7)
        };
        assert!((sigmas[0] - 80.0).abs() < 1e-9 && (sigmas[9] - 0.002).abs() < 1e-12);
        assert!((0..10).all(|i| (sigmas[i] - formula(i as f64)).abs() < 1e-9));
    }
}
