//! Fréchet distance of Gaussians: `d² = |m₁ − m₂|² + tr(S₁ + S₂ − 2 (S₁ S₂)^½)`.
//!
//! Dowson and Landau 1982, <https://doi.org/10.1016/0047-259X(82)90077-X>; Heusel et al. 2017,
//! <https://arxiv.org/abs/1706.08500>, who apply it to features of pictures and call it FID.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Metric;
use super::eigen::{Eigen, eigen, eigenvalues};
use super::moments::Moments;
use super::rows::Rows;
use crate::registry::{About, Member};
use crate::{Error, Result};

/// Numbers in a row at most: the time grows with the cube, and is minutes here.
const LIMIT: usize = 1024;

/// The Fréchet distance between the Gaussians that have the samples' means and covariances.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Frechet {}

impl Member for Frechet {
    const ABOUT: About = About {
        summary: "Squared distance between Gaussians of the samples' means and covariances, FID's formula",
        paper: "Dowson and Landau 1982, https://doi.org/10.1016/0047-259X(82)90077-X",
    };
}

impl Metric for Frechet {
    fn measure(&self, a: &[f32], b: &[f32], dim: usize) -> Result<f64> {
        frechet_distance(a, b, dim)
    }
}

/// `d²`, as FID reports it; covariances over `n − 1`. Rows of up to 1,024 numbers, two or more of them a set.
pub fn frechet_distance(a: &[f32], b: &[f32], dim: usize) -> Result<f64> {
    if dim > LIMIT {
        return Err(Error::argument(format!(
            "frechet_distance: rows of {dim} numbers would take hours, {LIMIT} is the most; compare features, or use sliced_wasserstein"
        )));
    }
    let (a, b) = Rows::both("frechet_distance", a, b, dim, 2)?;
    let (a, b) = (Moments::of(a), Moments::of(b));
    let between_means: f64 = a.mean.iter().zip(&b.mean).map(|(a, b)| (a - b).powi(2)).sum();
    let traces = trace(&a.covariance, dim) + trace(&b.covariance, dim);
    let cross = trace_of_root(a.covariance, &b.covariance, dim);
    // Rounding can take a sum that should be 0 below it.
    Ok((between_means + traces - 2.0 * cross).max(0.0))
}

fn trace(a: &[f64], d: usize) -> f64 {
    a.iter().step_by(d + 1).sum()
}

/// `tr (S₁ S₂)^½ = tr (S₁^½ S₂ S₁^½)^½`, of which the second form is symmetric.
fn trace_of_root(s1: Vec<f64>, s2: &[f64], d: usize) -> f64 {
    let root = root(s1, d);
    let values = eigenvalues(symmetrised(&product(&product(&root, s2, d), &root, d), d), d);
    // What should be 0 comes out as a rounding error of the largest, whose root would be no small matter.
    let largest = values.iter().copied().fold(0.0, f64::max);
    let zero = f64::EPSILON * d as f64 * largest;
    values.into_iter().filter(|&value| value > zero).map(f64::sqrt).sum()
}

/// `S^½ = Σ √λ v vᵀ`.
fn root(s: Vec<f64>, d: usize) -> Vec<f64> {
    let Eigen { values, vectors } = eigen(s, d);
    let scale = |(v, lambda): (&[f64], &f64)| {
        let root = lambda.max(0.0).sqrt();
        v.iter().map(|x| root * x).collect::<Vec<_>>()
    };
    let scaled: Vec<f64> = vectors.chunks_exact(d).zip(&values).flat_map(scale).collect();
    product(&transposed(&scaled, d), &vectors, d)
}

/// `A B`, adding up rows of `B`, which lie in order.
fn product(a: &[f64], b: &[f64], d: usize) -> Vec<f64> {
    let mut c = vec![0.0; d * d];
    for (c, a) in c.chunks_exact_mut(d).zip(a.chunks_exact(d)) {
        for (a, b) in a.iter().zip(b.chunks_exact(d)) {
            c.iter_mut().zip(b).for_each(|(c, b)| *c += a * b);
        }
    }
    c
}

fn transposed(a: &[f64], d: usize) -> Vec<f64> {
    (0..d * d).map(|k| a[k % d * d + k / d]).collect()
}

/// `(A + Aᵀ) / 2`.
fn symmetrised(a: &[f64], d: usize) -> Vec<f64> {
    a.iter().zip(transposed(a, d)).map(|(x, y)| f64::midpoint(*x, y)).collect()
}
