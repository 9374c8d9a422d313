//! `N(μ, L Lᵀ)`: a normal whose features depend on one another.

use std::f64::consts::{E, PI};

use burn::prelude::*;

use super::Distribution;
use super::draws::normals;
use super::triangular::{cholesky, log_determinant, solve_lower};
use crate::random::Key;

/// Normals of whole rows.
#[derive(Clone, Debug)]
pub struct FullNormal {
    /// `[1 | rows, features]`.
    pub mean: Tensor<2>,
    /// `L`, lower triangular with a diagonal above 0: `[1 | rows, features, features]`.
    pub factor: Tensor<3>,
}

impl FullNormal {
    /// By mean and Cholesky factor, of which what lies above the diagonal is not looked at.
    pub fn new(mean: Tensor<2>, factor: Tensor<3>) -> Self {
        Self { mean, factor: factor.tril(0) }
    }

    /// By mean and covariance, `[1 | rows, features, features]`, positive definite.
    pub fn by_covariance(mean: Tensor<2>, covariance: Tensor<3>) -> Self {
        Self { mean, factor: cholesky(covariance) }
    }

    /// `L⁻¹ (x − μ)`, `[rows, features]`.
    pub(super) fn whitened(&self, x: Tensor<2>) -> Tensor<2> {
        let off = (x - self.mean.clone()).unsqueeze_dim::<3>(2);
        solve_lower(&self.factor, off).squeeze_dim(2)
    }
}

impl Distribution for FullNormal {
    fn rows(&self) -> usize {
        self.mean.dims()[0].max(self.factor.dims()[0])
    }
    fn features(&self) -> usize {
        self.mean.dims()[1]
    }
    fn parts(&self) -> usize {
        1
    }
    fn sample(&self, key: Key, rows: usize) -> Tensor<2> {
        let noise = normals(key, [rows, self.features()], &self.mean).unsqueeze_dim::<3>(1);
        // A product row by row: [rows, 1, features] of [.., features, features].
        let moved = (self.factor.clone() * noise).sum_dim(2).squeeze_dim::<2>(2);
        self.mean.clone() + moved
    }
    fn log_prob(&self, x: Tensor<2>) -> Tensor<2> {
        let constant = self.features() as f64 * (2.0 * PI).ln();
        (self.whitened(x).square().sum_dim(1) + log_determinant(&self.factor) + constant) * -0.5
    }
    fn mean(&self) -> Option<Tensor<2>> {
        Some(self.mean.clone())
    }
    fn variance(&self) -> Option<Tensor<2>> {
        Some(self.factor.clone().square().sum_dim(2).squeeze_dim(2))
    }
    fn entropy(&self) -> Option<Tensor<2>> {
        let constant = self.features() as f64 * (2.0 * PI * E).ln();
        Some((log_determinant(&self.factor) + constant) * 0.5)
    }
}
