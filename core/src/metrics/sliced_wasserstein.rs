//! Sliced 2-Wasserstein distance: `SW₂² = E_θ W₂²(θ·a, θ·b)`, `θ` uniform on the sphere.
//!
//! Rabin et al. 2011, <https://doi.org/10.1007/978-3-642-24785-9_37>; Bonneel et al. 2015,
//! <https://doi.org/10.1007/s10851-014-0506-3>. On a line, `W₂² = ∫ (F⁻¹(u) − G⁻¹(u))² du`: sorting is the optimal transport.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Metric;
use super::rows::Rows;
use crate::config::check::at_least;
use crate::random::{Key, Purpose};
use crate::registry::{About, Member};
use crate::{Error, Result};

/// The 2-Wasserstein distance along random directions.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SlicedWasserstein {
    /// How many directions: the error of the mean falls as one over the root of it.
    pub directions: usize,
    /// Which directions.
    pub seed: u64,
}

impl Default for SlicedWasserstein {
    fn default() -> Self {
        Self { directions: 256, seed: 0 }
    }
}

impl Member for SlicedWasserstein {
    const ABOUT: About = About {
        summary: "2-Wasserstein distance, averaged over directions in the mean square",
        paper: "Rabin et al. 2011, https://doi.org/10.1007/978-3-642-24785-9_37",
    };
}

impl Metric for SlicedWasserstein {
    fn measure(&self, a: &[f32], b: &[f32], dim: usize) -> Result<f64> {
        sliced_wasserstein(a, b, dim, self.directions, self.seed)
    }
    fn check(&self, _rows: [usize; 2]) -> Result<()> {
        at_least("directions", self.directions, 1)
    }
}

/// The root of the mean of `W₂²` over `directions` random lines.
pub fn sliced_wasserstein(a: &[f32], b: &[f32], dim: usize, directions: usize, seed: u64) -> Result<f64> {
    let (a, b) = Rows::both("sliced_wasserstein", a, b, dim, 1)?;
    if directions == 0 {
        return Err(Error::argument(
            "sliced_wasserstein: there is no mean over 0 directions; give 1 or more",
        ));
    }
    let along = |index| {
        let theta = direction(Key::new(seed, Purpose::Metric, index), dim);
        squared_wasserstein(&shadow(a, &theta), &shadow(b, &theta))
    };
    Ok(((0..directions as u64).map(along).sum::<f64>() / directions as f64).sqrt())
}

/// Uniform on the sphere: a normal, normalised.
fn direction(key: Key, dim: usize) -> Vec<f64> {
    let mut stream = key.stream();
    let normal: Vec<f64> = (0..dim).map(|_| stream.normal()).collect();
    let length = normal.iter().map(|x| x * x).sum::<f64>().sqrt();
    normal.into_iter().map(|x| x / length).collect()
}

/// `θ·x` for every row, in ascending order.
fn shadow(rows: Rows, theta: &[f64]) -> Vec<f64> {
    let project = |row: &[f32]| row.iter().zip(theta).map(|(&x, t)| f64::from(x) * t).sum::<f64>();
    let mut shadow: Vec<f64> = rows.iter().map(project).collect();
    shadow.sort_unstable_by(f64::total_cmp);
    shadow
}

/// `W₂²` of two sorted samples: the integral of the squared gap between their quantile functions, which are staircases
/// of `n` and `m` steps. Levels are counted in units of `1 / (n m)`, so that none of them is rounded.
fn squared_wasserstein(x: &[f64], y: &[f64]) -> f64 {
    let (n, m) = (x.len() as u64, y.len() as u64);
    let (mut i, mut j, mut level, mut sum) = (0, 0, 0, 0.0);
    while i < x.len() && j < y.len() {
        let (x_ends, y_ends) = ((i as u64 + 1) * m, (j as u64 + 1) * n);
        let next = x_ends.min(y_ends);
        sum += (next - level) as f64 * (x[i] - y[j]).powi(2);
        level = next;
        i += usize::from(x_ends == next);
        j += usize::from(y_ends == next);
    }
    sum / (n as f64 * m as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directions_are_of_unit_length_and_lean_nowhere() {
        let (n, dim) = (4000_usize, 3);
        let all: Vec<_> = (0..n as u64).map(|i| direction(Key::new(0, Purpose::Metric, i), dim)).collect();
        assert!(all.iter().all(|t| (t.iter().map(|x| x * x).sum::<f64>() - 1.0).abs() < 1e-14));
        for k in 0..dim {
            let moment = |power| all.iter().map(|t| t[k].powi(power)).sum::<f64>() / n as f64;
            // Standard errors: √(1/3n) = 0.009 and √(4/45n) = 0.005.
            assert!(moment(1).abs() < 0.04 && (moment(2) - 1.0 / 3.0).abs() < 0.02);
        }
    }

    #[test]
    fn samples_of_different_sizes_meet_along_their_staircases() {
        assert!((squared_wasserstein(&[0.0], &[-1.0, 1.0]) - 1.0).abs() < 1e-15);
        // The gap is 1/2 on ]1/3, 2/3[ and nothing elsewhere.
        assert!((squared_wasserstein(&[0.0, 1.0], &[0.0, 0.5, 1.0]) - 1.0 / 12.0).abs() < 1e-15);
        assert!(squared_wasserstein(&[1.0, 2.0], &[1.0, 1.0, 1.0, 2.0, 2.0, 2.0]) < 1e-15);
    }
}
