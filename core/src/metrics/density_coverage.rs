//! Density and coverage: how many balls about the data a sample lies in, and the share of those balls that a sample lies in.
//!
//! Naeem et al. 2020, <https://arxiv.org/abs/2002.09797>: as precision and recall, but that a single row far from all others counts for
//! little. The balls are the data's only.

use kiln_kernels::pairs::{Pairs, host};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::neighbours::{LIMIT, balls, both, check, radii, share};
use super::{Meaning, Metric};
use crate::Result;
use crate::registry::{About, Member};

/// The paper's `k`.
const NEIGHBOURS: usize = 5;

/// In how many balls about the data samples lie.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Density {
    /// Which neighbour a ball reaches to.
    pub k: usize,
}

impl Default for Density {
    fn default() -> Self {
        Self { k: NEIGHBOURS }
    }
}

impl Member for Density {
    const ABOUT: About = About {
        summary: "Balls about the data that a sample lies in, of k; about 1 for samples of the same distribution",
        paper: "Naeem et al. 2020, https://arxiv.org/abs/2002.09797",
    };
}

impl Metric for Density {
    fn measure(&self, samples: &[f32], data: &[f32], dim: usize) -> Result<f64> {
        density(samples, data, dim, self.k)
    }
    fn meaning(&self) -> Meaning {
        Meaning::Share
    }
    fn most(&self) -> Option<usize> {
        Some(LIMIT)
    }
    fn check(&self, rows: [usize; 2]) -> Result<()> {
        check("density", self.k, rows)
    }
}

/// The share of data with a sample near by.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Coverage {
    /// Which neighbour a ball reaches to.
    pub k: usize,
}

impl Default for Coverage {
    fn default() -> Self {
        Self { k: NEIGHBOURS }
    }
}

impl Member for Coverage {
    const ABOUT: About = About {
        summary: "Share of balls about the data that a sample lies in: whether nothing is left out; 1 is best",
        paper: "Naeem et al. 2020, https://arxiv.org/abs/2002.09797",
    };
}

impl Metric for Coverage {
    fn measure(&self, samples: &[f32], data: &[f32], dim: usize) -> Result<f64> {
        coverage(samples, data, dim, self.k)
    }
    fn meaning(&self) -> Meaning {
        Meaning::Share
    }
    fn most(&self) -> Option<usize> {
        Some(LIMIT)
    }
    fn check(&self, rows: [usize; 2]) -> Result<()> {
        check("coverage", self.k, rows)
    }
}

/// The mean number of balls about rows of `data` in which one of the `samples` lies, divided by `k`: 1 in the mean where both are of
/// one distribution, and more where samples crowd where the data are densest.
pub fn density(samples: &[f32], data: &[f32], dim: usize, k: usize) -> Result<f64> {
    let [samples, data] = both("density", [samples, data], dim, k)?;
    let counts = balls(&samples, &data, dim, k);
    Ok(counts.iter().map(|count| f64::from(*count)).sum::<f64>() / (k * counts.len()) as f64)
}

/// The share of `data` in whose ball one of the `samples` lies.
pub fn coverage(samples: &[f32], data: &[f32], dim: usize, k: usize) -> Result<f64> {
    let [samples, data] = both("coverage", [samples, data], dim, k)?;
    let (nearest, _) = host::nearest(&data, &samples, dim, 1, Pairs::All);
    let pairs: Vec<(f32, f32)> = nearest.into_iter().zip(radii(&data, dim, k)).collect();
    Ok(share(&pairs, |(nearest, radius)| nearest <= radius))
}
