//! Energy distance: `2 E|X − Y| − E|X − X'| − E|Y − Y'|`, which is 0 only between equal distributions.
//!
//! Székely and Rizzo 2013, <https://doi.org/10.1016/j.jspi.2013.03.018>.

use kiln_kernels::pairs::{Kernel, Pairs};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Metric;
use super::pairs::{LIMIT, mean};
use super::rows::Rows;
use crate::Result;
use crate::registry::{About, Member};

/// The energy distance between two samples.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct EnergyDistance {}

impl Member for EnergyDistance {
    const ABOUT: About = About {
        summary: "Mean distances between the sets, less those within; from 20,000 rows of each at most",
        paper: "Székely and Rizzo 2013, https://doi.org/10.1016/j.jspi.2013.03.018",
    };
}

impl Metric for EnergyDistance {
    fn measure(&self, a: &[f32], b: &[f32], dim: usize) -> Result<f64> {
        energy_distance(a, b, dim)
    }
    fn most(&self) -> Option<usize> {
        Some(LIMIT)
    }
}

/// The energy distance between the samples themselves (a row's distance of 0 to itself counts), so never negative, and above 0
/// by about `E|X − X'| / n + E|Y − Y'| / m` between two samples of one distribution. It is a squared length: its root is the metric.
///
/// Of a set of more than 20,000 rows as many are taken, always the same for the same number of rows.
pub fn energy_distance(a: &[f32], b: &[f32], dim: usize) -> Result<f64> {
    let (a, b) = Rows::both("energy_distance", a, b, dim, 1)?;
    let [a, b] = [a, b].map(|rows| rows.thinned("energy_distance", LIMIT));
    let length = |x: &[f32], y: &[f32]| mean(x, y, dim, &Kernel::Distance, Pairs::All);
    // Rounding can take a sum that should be 0 below it.
    Ok((2.0 * length(&a, &b) - length(&a, &a) - length(&b, &b)).max(0.0))
}
