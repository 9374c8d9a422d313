//! Metrics: how far two sets of samples are apart, what each has of the other, and how often a classifier is right.
//!
//! Samples are rows of `dim` numbers, one after another; sums are `f64`. Nothing here knows of tensors or devices.

mod rows;
mod moments;
mod eigen;
mod pairs;
mod neighbours;

// Distances between sets of samples
mod sliced_wasserstein;
mod wasserstein;
mod energy_distance;
mod frechet;
mod mmd;
mod kid;

// What each set has of the other
mod precision_recall;
mod density_coverage;

// What is said of a classifier, and of repeated runs
mod accuracy;
mod mean_std;

// What codes say of the factors of data
pub mod disentanglement;

pub use accuracy::accuracy;
pub use density_coverage::{coverage, density};
pub use energy_distance::energy_distance;
pub use frechet::frechet_distance;
pub use kid::kid;
pub use mean_std::mean_std;
pub use mmd::mmd;
pub use precision_recall::{precision, recall};
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
        "mmd" => mmd::Mmd,
        "kid" => kid::Kid,
        "precision" => precision_recall::Precision,
        "recall" => precision_recall::Recall,
        "density" => density_coverage::Density,
        "coverage" => density_coverage::Coverage,
    }
}

/// What the number of a metric says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// How far the sets are apart: 0 for the same set, and the same either way round.
    Distance,
    /// An estimate of the square of such a distance without bias: for sets of one distribution it is about 0, below as often as above.
    Estimate,
    /// How much of the one set lies among the other: 0 where they lie apart, and the more the better.
    Share,
}

/// What is found of two sets of samples beside one another.
pub trait Metric {
    /// The number for `samples` beside `data`, rows of `dim` numbers; there need not be as many rows of each.
    fn measure(&self, samples: &[f32], data: &[f32], dim: usize) -> Result<f64>;

    /// What that number says.
    fn meaning(&self) -> Meaning {
        Meaning::Distance
    }

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
