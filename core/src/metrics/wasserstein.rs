//! 2-Wasserstein distance, exactly: `W₂² = min over pairings of the mean squared distance between paired rows`.
//!
//! Peyré and Cuturi 2019, <https://arxiv.org/abs/1803.00567>; the pairing is [`crate::diffusion::assign`]'s.
//! Between samples of the same distribution it is above 0, the more so the fewer rows there are: hold it beside data to data.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Metric;
use super::rows::Rows;
use crate::diffusion::assign;
use crate::registry::{About, Member};
use crate::{Error, Result};

/// The most rows that are paired: twice as many take eight times as long.
const LIMIT: usize = 4096;

/// The exact 2-Wasserstein distance between two samples.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Wasserstein {}

impl Member for Wasserstein {
    const ABOUT: About = About {
        summary: "2-Wasserstein distance by exact assignment, of at most 4,096 rows",
        paper: "Peyré and Cuturi 2019, https://arxiv.org/abs/1803.00567",
    };
}

impl Metric for Wasserstein {
    fn measure(&self, a: &[f32], b: &[f32], dim: usize) -> Result<f64> {
        wasserstein(a, b, dim)
    }
    fn check(&self, rows: [usize; 2]) -> Result<()> {
        pairs(rows).map(drop)
    }
}

/// `W₂` between the samples. Sets of different sizes are compared as if each row stood there as often as makes them equal.
pub fn wasserstein(a: &[f32], b: &[f32], dim: usize) -> Result<f64> {
    let (a, b) = Rows::both("wasserstein", a, b, dim, 1)?;
    let n = pairs([a.count(), b.count()])?;
    let squared =
        |x: &[f32], y: &[f32]| x.iter().zip(y).map(|(x, y)| (f64::from(*x) - f64::from(*y)).powi(2)).sum();
    let against = |i: usize| (0..n).map(move |j| squared(a.row(i % a.count()), b.row(j % b.count())));
    let cost: Vec<f64> = (0..n).flat_map(against).collect();
    let paired = assign(&cost, n).into_iter().enumerate();
    Ok((paired.map(|(i, j)| cost[i * n + j]).sum::<f64>() / n as f64).sqrt())
}

/// How many pairs there are, if they are not too many.
fn pairs([a, b]: [usize; 2]) -> Result<usize> {
    let n = common(a, b);
    if n <= LIMIT {
        return Ok(n);
    }
    Err(Error::argument(format!(
        "wasserstein: {a} and {b} rows are too many to be paired ({n}, of at most {LIMIT}); give fewer, as many of each, or use \
         sliced_wasserstein"
    )))
}

/// The least common multiple.
fn common(n: usize, m: usize) -> usize {
    let (mut a, mut b) = (n, m);
    while b > 0 {
        (a, b) = (b, a % b);
    }
    n / a * m
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Between sorted numbers the best pairing is that of their order; of two points to four each stands twice.
    #[test]
    fn known_distances_are_found() {
        assert_eq!((common(60, 45), common(7, 7), common(4, 6)), (180, 7, 12));
        let distance = wasserstein(&[3.0, 0.0, 1.0], &[2.0, 1.5, -1.0], 1).expect("a distance");
        assert!((distance - ((1.0 + 0.25 + 1.0) / 3.0_f64).sqrt()).abs() < 1e-12, "{distance}");
        let distance = wasserstein(&[0.0, 10.0], &[-1.0, 1.0, 9.0, 11.0], 1).expect("a distance");
        assert!((distance - 1.0).abs() < 1e-12, "{distance}");
    }

    #[test]
    fn too_many_rows_are_refused() {
        let error = wasserstein(&[0.0; 101], &[0.0; 100], 1).expect_err("10,100 rows").to_string();
        assert!(error.contains("10100") && error.contains("sliced_wasserstein"), "{error}");
    }
}
