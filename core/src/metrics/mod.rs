//! Metrics: how far two sets of samples are apart, and how often a classifier is right.
//!
//! Samples are rows of `dim` numbers, one after another; sums are `f64`. Nothing here knows of tensors or devices.

mod rows;
mod moments;
mod eigen;

// Distances between sets of samples
mod sliced_wasserstein;
mod wasserstein;
mod energy_distance;
mod frechet;

// What is said of a classifier, and of repeated runs
mod accuracy;
mod mean_std;

pub use accuracy::accuracy;
pub use energy_distance::energy_distance;
pub use frechet::frechet_distance;
pub use mean_std::mean_std;
pub use sliced_wasserstein::sliced_wasserstein;
pub use wasserstein::wasserstein;

use crate::Result;

registry! {
    /// The metrics that an evaluation can name.
    pub enum MetricConfig("metric"): dyn Metric {
        "sliced_wasserstein" => sliced_wasserstein::SlicedWasserstein,
        "wasserstein" => wasserstein::Wasserstein,
        "energy_distance" => energy_distance::EnergyDistance,
        "frechet_distance" => frechet::Frechet,
    }
}

/// How far two sets of samples are apart: 0 for the same set, and the same either way round.
pub trait Metric {
    /// The distance between `a` and `b`, rows of `dim` numbers; they need not have as many rows as each other.
    fn distance(&self, a: &[f32], b: &[f32], dim: usize) -> Result<f64>;

    /// Rows of each set that it looks at, where it is not all.
    fn most(&self) -> Option<usize> {
        None
    }

    /// Refuses options, and sets of so many rows, before there are any.
    fn check(&self, _rows: [usize; 2]) -> Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
