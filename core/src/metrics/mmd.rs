//! Maximum mean discrepancy: `MMD² = E k(X, X') + E k(Y, Y') − 2 E k(X, Y)`, with `k` a mixture of Gaussians.
//!
//! Gretton et al. 2012, <https://jmlr.org/papers/v13/gretton12a.html>.

use kiln_kernels::pairs::Kernel;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::pairs::{LIMIT, discrepancy};
use super::rows::Rows;
use super::{Meaning, Metric};
use crate::Result;
use crate::config::check::{at_least, positive};
use crate::registry::{About, Member};

/// Rows of a set from which the median is found.
const FEW: usize = 500;

/// The squared discrepancy between two samples, without bias.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Mmd {
    /// Widths of the Gaussians, beside the median distance of two rows.
    pub widths: Vec<f64>,
}

impl Default for Mmd {
    fn default() -> Self {
        Self { widths: vec![0.25, 0.5, 1.0, 2.0, 4.0] }
    }
}

impl Member for Mmd {
    const ABOUT: About = About {
        summary: "Squared maximum mean discrepancy without bias, by Gaussians about as wide as the median distance",
        paper: "Gretton et al. 2012, https://jmlr.org/papers/v13/gretton12a.html",
    };
}

impl Metric for Mmd {
    fn measure(&self, samples: &[f32], data: &[f32], dim: usize) -> Result<f64> {
        mmd(samples, data, dim, &self.widths)
    }
    fn meaning(&self) -> Meaning {
        Meaning::Estimate
    }
    fn most(&self) -> Option<usize> {
        Some(LIMIT)
    }
    fn check(&self, _rows: [usize; 2]) -> Result<()> {
        check(&self.widths)
    }
}

/// `MMD²` without bias, so it may be below 0. The kernel is the mean of Gaussians, whose `widths` are told beside the median distance
/// between two different rows of either set. Of a set of more than 20,000 rows as many are taken, always the same for the same number of rows.
pub fn mmd(a: &[f32], b: &[f32], dim: usize, widths: &[f64]) -> Result<f64> {
    check(widths)?;
    let (a, b) = Rows::both("mmd", a, b, dim, 2)?;
    let median = median([a, b]);
    let kernel = Kernel::Gaussian(widths.iter().map(|width| width * median).collect());
    let [a, b] = [a, b].map(|rows| rows.thinned("mmd", LIMIT));
    Ok(discrepancy(&a, &b, dim, &kernel))
}

fn check(widths: &[f64]) -> Result<()> {
    at_least("widths", widths.len(), 1)?;
    widths.iter().enumerate().try_for_each(|(i, width)| positive(&format!("widths[{i}]"), *width))
}

/// The median of the distances between different rows of both sets; 1 where all rows are the same, as then any width will do.
fn median(sets: [Rows; 2]) -> f64 {
    let few = sets.map(|rows| rows.thinned("mmd", FEW));
    let rows: Vec<&[f32]> = few.iter().zip(sets).flat_map(|(few, set)| few.chunks_exact(set.dim())).collect();
    let to_later =
        |(i, row): (usize, &&[f32])| rows[i + 1..].iter().map(|later| length(row, later)).collect::<Vec<_>>();
    let mut lengths: Vec<f64> =
        rows.iter().enumerate().flat_map(to_later).filter(|length| *length > 0.0).collect();
    let middle = lengths.len() / 2;
    if lengths.is_empty() { 1.0 } else { *lengths.select_nth_unstable_by(middle, f64::total_cmp).1 }
}

/// `|x − y|`, in four sums, which a processor adds at once.
fn length(x: &[f32], y: &[f32]) -> f64 {
    let square = |x: f32, y: f32| (f64::from(x) - f64::from(y)).powi(2);
    let ((x, x_rest), (y, y_rest)) = (x.as_chunks::<4>(), y.as_chunks::<4>());
    let mut sums = [0.0; 4];
    for (x, y) in x.iter().zip(y) {
        for k in 0..4 {
            sums[k] += square(x[k], y[k]);
        }
    }
    let rest: f64 = x_rest.iter().zip(y_rest).map(|(&x, &y)| square(x, y)).sum();
    (sums.iter().sum::<f64>() + rest).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_is_the_root_of_all_squares_whatever_their_number() {
        let x: Vec<f32> = (0..11).map(|k| k as f32).collect();
        for d in 0..=x.len() {
            let squares = (0..d).map(|k| (k * k) as f64).sum::<f64>();
            assert!((length(&x[..d], &[0.0; 11][..d]) - squares.sqrt()).abs() < 1e-14);
        }
    }

    #[test]
    fn the_median_is_that_of_both_sets_and_passes_over_twins() {
        let median = |a: &[f32], b: &[f32]| {
            let (a, b) = Rows::both("test", a, b, 1, 1).expect("rows");
            super::median([a, b])
        };
        // Distances 1 four times, 4 twice and 5 twice; those of twins are left out.
        assert!((median(&[0.0, 1.0, 1.0], &[0.0, 5.0]) - 4.0).abs() < 1e-12);
        assert!((median(&[2.0, 2.0], &[2.0]) - 1.0).abs() < 1e-12);
    }
}
