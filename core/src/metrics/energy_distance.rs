//! Energy distance: `2 E|X − Y| − E|X − X'| − E|Y − Y'|`, which is 0 only between equal distributions.
//!
//! Székely and Rizzo 2013, <https://doi.org/10.1016/j.jspi.2013.03.018>.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Metric;
use super::rows::Rows;
use crate::Result;
use crate::random::{Key, Purpose, name_index};
use crate::registry::{About, Member};

/// Rows of a set that are looked at: with more, the pairs would take minutes, and the sample's own error is small by then.
const LIMIT: usize = 4000;

/// The energy distance between two samples.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct EnergyDistance {}

impl Member for EnergyDistance {
    const ABOUT: About = About {
        summary: "Mean distances between the sets, less those within; from 4,000 rows of each at most",
        paper: "Székely and Rizzo 2013, https://doi.org/10.1016/j.jspi.2013.03.018",
    };
}

impl Metric for EnergyDistance {
    fn distance(&self, a: &[f32], b: &[f32], dim: usize) -> Result<f64> {
        energy_distance(a, b, dim)
    }
    fn most(&self) -> Option<usize> {
        Some(LIMIT)
    }
}

/// The energy distance between the samples themselves (a row's distance of 0 to itself counts), so never negative, and above 0
/// by about `E|X − X'| / n + E|Y − Y'| / m` between two samples of one distribution. It is a squared length: its root is the metric.
///
/// Exact up to 4,000 rows a set. Of a larger set 4,000 rows are taken, always the same for the same number of rows.
pub fn energy_distance(a: &[f32], b: &[f32], dim: usize) -> Result<f64> {
    let (a, b) = Rows::both("energy_distance", a, b, dim, 1)?;
    let (a, b) = (thinned(a, LIMIT), thinned(b, LIMIT));
    // Rounding can take a sum that should be 0 below it.
    Ok((2.0 * between(&a, &b) - within(&a) - within(&b)).max(0.0))
}

/// All rows, or `limit` of them, drawn without replacement.
fn thinned(rows: Rows<'_>, limit: usize) -> Vec<&[f32]> {
    if rows.count() <= limit {
        return rows.iter().collect();
    }
    let order = Key::new(0, Purpose::Metric, name_index("energy_distance")).permutation(rows.count());
    order[..limit].iter().map(|&i| rows.row(i as usize)).collect()
}

/// `E|X − Y|`. Row by row, as one long sum would lose digits.
fn between(x: &[&[f32]], y: &[&[f32]]) -> f64 {
    let to_all = |x: &&[f32]| y.iter().map(|y| length(x, y)).sum::<f64>();
    x.iter().map(to_all).sum::<f64>() / (x.len() as f64 * y.len() as f64)
}

/// `E|X − X'|`, each pair measured once.
fn within(x: &[&[f32]]) -> f64 {
    let to_later =
        |(i, row): (usize, &&[f32])| x[i + 1..].iter().map(|later| length(row, later)).sum::<f64>();
    2.0 * x.iter().enumerate().map(to_later).sum::<f64>() / (x.len() as f64).powi(2)
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
    fn a_large_set_is_thinned_to_distinct_rows_the_same_each_time() {
        let values: Vec<f32> = (0..200).map(|k| k as f32).collect();
        let (rows, _) = Rows::both("test", &values, &values, 2, 1).unwrap();
        assert_eq!(thinned(rows, 100), rows.iter().collect::<Vec<_>>());
        let few = thinned(rows, 30);
        let distinct: std::collections::BTreeSet<u32> = few.iter().map(|row| row[0] as u32).collect();
        assert_eq!((few.len(), distinct.len()), (30, 30));
        assert!(few.iter().all(|row| rows.iter().any(|whole| whole == *row)), "whole rows");
        assert_eq!(few, thinned(rows, 30));
    }
}
