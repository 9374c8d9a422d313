//! Kernel inception distance: the maximum mean discrepancy squared, with the kernel `(x·y / d + 1)³`.
//!
//! Bińkowski et al. 2018, <https://arxiv.org/abs/1801.01401>, who apply it to features of pictures. Unlike the Fréchet distance it has no
//! bias, whatever the number of samples.

use kiln_kernels::pairs::Kernel;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::pairs::{LIMIT, discrepancy};
use super::rows::Rows;
use super::{Meaning, Metric};
use crate::Result;
use crate::registry::{About, Member};

/// The squared discrepancy between two samples by their moments up to the third, without bias.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Kid {}

impl Member for Kid {
    const ABOUT: About = About {
        summary: "Squared maximum mean discrepancy without bias, by the cubic kernel of features, KID's formula",
        paper: "Bińkowski et al. 2018, https://arxiv.org/abs/1801.01401",
    };
}

impl Metric for Kid {
    fn measure(&self, samples: &[f32], data: &[f32], dim: usize) -> Result<f64> {
        kid(samples, data, dim)
    }
    fn meaning(&self) -> Meaning {
        Meaning::Estimate
    }
    fn most(&self) -> Option<usize> {
        Some(LIMIT)
    }
}

/// `MMD²` by the cubic kernel without bias, so it may be below 0; over all pairs, of which the mean over subsets that KID is reported as is
/// an estimate. It asks where the origin is. Of a set of more than 20,000 rows as many are taken, always the same for the same number.
pub fn kid(a: &[f32], b: &[f32], dim: usize) -> Result<f64> {
    let (a, b) = Rows::both("kid", a, b, dim, 2)?;
    let [a, b] = [a, b].map(|rows| rows.thinned("kid", LIMIT));
    Ok(discrepancy(&a, &b, dim, &Kernel::Polynomial))
}
