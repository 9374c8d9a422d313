//! Precision and recall: the share of samples that lie where the data lie, and the share of data that lie where the samples lie.
//!
//! Kynkäänniemi et al. 2019, <https://arxiv.org/abs/1904.06991>: a set lies in balls about its rows, each as wide as its row is far from
//! its `k`-th nearest neighbour. Both fall as rows grow fewer: hold them beside data to data.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::neighbours::{LIMIT, balls, both, check, share};
use super::{Meaning, Metric};
use crate::Result;
use crate::registry::{About, Member};

/// The paper's `k`.
const NEIGHBOURS: usize = 3;

/// The share of samples that lie among the data.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Precision {
    /// Which neighbour a ball reaches to.
    pub k: usize,
}

impl Default for Precision {
    fn default() -> Self {
        Self { k: NEIGHBOURS }
    }
}

impl Member for Precision {
    const ABOUT: About = About {
        summary: "Share of samples within reach of the data: whether they look like data; 1 is best",
        paper: "Kynkäänniemi et al. 2019, https://arxiv.org/abs/1904.06991",
    };
}

impl Metric for Precision {
    fn measure(&self, samples: &[f32], data: &[f32], dim: usize) -> Result<f64> {
        precision(samples, data, dim, self.k)
    }
    fn meaning(&self) -> Meaning {
        Meaning::Share
    }
    fn most(&self) -> Option<usize> {
        Some(LIMIT)
    }
    fn check(&self, rows: [usize; 2]) -> Result<()> {
        check("precision", self.k, rows)
    }
}

/// The share of data that lie among the samples.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Recall {
    /// Which neighbour a ball reaches to.
    pub k: usize,
}

impl Default for Recall {
    fn default() -> Self {
        Self { k: NEIGHBOURS }
    }
}

impl Member for Recall {
    const ABOUT: About = About {
        summary: "Share of data within reach of the samples: whether nothing is left out; 1 is best",
        paper: "Kynkäänniemi et al. 2019, https://arxiv.org/abs/1904.06991",
    };
}

impl Metric for Recall {
    fn measure(&self, samples: &[f32], data: &[f32], dim: usize) -> Result<f64> {
        recall(samples, data, dim, self.k)
    }
    fn meaning(&self) -> Meaning {
        Meaning::Share
    }
    fn most(&self) -> Option<usize> {
        Some(LIMIT)
    }
    fn check(&self, rows: [usize; 2]) -> Result<()> {
        check("recall", self.k, rows)
    }
}

/// The share of `samples` that lie in a ball about a row of `data`, as wide as that is far from the `k`-th nearest of the others.
pub fn precision(samples: &[f32], data: &[f32], dim: usize, k: usize) -> Result<f64> {
    let [samples, data] = both("precision", [samples, data], dim, k)?;
    Ok(share(&balls(&samples, &data, dim, k), |count| *count > 0))
}

/// The share of `data` that lie in a ball about one of the `samples`, as wide as that is far from the `k`-th nearest of the others.
pub fn recall(samples: &[f32], data: &[f32], dim: usize, k: usize) -> Result<f64> {
    let [samples, data] = both("recall", [samples, data], dim, k)?;
    Ok(share(&balls(&data, &samples, dim, k), |count| *count > 0))
}
