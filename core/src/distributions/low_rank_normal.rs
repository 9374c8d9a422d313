//! `N(μ, W Wᵀ + diag(d))`: a normal whose features depend on one another through few numbers.
//!
//! ```text
//! C = 1 + Wᵀ D⁻¹ W,   ln det Σ = ln det C + Σ ln d,   eᵀ Σ⁻¹ e = eᵀ D⁻¹ e − |L⁻¹ Wᵀ D⁻¹ e|²,   C = L Lᵀ
//! ```
//!
//! The matrix determinant lemma and Woodbury's identity: only a matrix of the rank is factorised.

use std::f64::consts::{E, PI};

use burn::prelude::*;

use super::Distribution;
use super::draws::{normals, part};
use super::triangular::{cholesky, log_determinant, solve_lower};
use crate::random::Key;

/// Normals of whole rows: some factors in common, and noise of each feature's own.
#[derive(Clone, Debug)]
pub struct LowRankNormal {
    /// `[1 | rows, features]`.
    pub mean: Tensor<2>,
    /// `W`, `[1 | rows, features, rank]`.
    pub factor: Tensor<3>,
    /// `d`, `[1 | rows, features]`, above 0.
    pub diagonal: Tensor<2>,
}

impl LowRankNormal {
    /// By mean, factor and what is added to the diagonal.
    pub fn new(mean: Tensor<2>, factor: Tensor<3>, diagonal: Tensor<2>) -> Self {
        Self { mean, factor, diagonal }
    }

    /// `D⁻¹ W`.
    fn weighed(&self) -> Tensor<3> {
        self.factor.clone() / self.diagonal.clone().unsqueeze_dim::<3>(2)
    }

    /// `L`.
    fn capacitance(&self) -> Tensor<3> {
        let rank = self.factor.dims()[2];
        let eye = Tensor::<2>::eye(rank, &self.factor.device()).cast(self.factor.dtype());
        let weighed = self.weighed();
        let factor = self.factor.clone().expand(weighed.dims());
        cholesky(factor.swap_dims(1, 2).matmul(weighed) + eye.unsqueeze::<3>())
    }

    fn log_determinant(&self, l: &Tensor<3>) -> Tensor<2> {
        log_determinant(l) + self.diagonal.clone().log().sum_dim(1)
    }
}

impl Distribution for LowRankNormal {
    fn rows(&self) -> usize {
        self.mean.dims()[0].max(self.factor.dims()[0]).max(self.diagonal.dims()[0])
    }
    fn features(&self) -> usize {
        self.mean.dims()[1]
    }
    fn parts(&self) -> usize {
        1
    }
    fn sample(&self, key: Key, rows: usize) -> Tensor<2> {
        let rank = self.factor.dims()[2];
        let common = normals(part(key, 0), [rows, rank], &self.mean).unsqueeze_dim::<3>(1);
        let own = normals(part(key, 1), [rows, self.features()], &self.mean);
        let moved = (self.factor.clone() * common).sum_dim(2).squeeze_dim::<2>(2);
        self.mean.clone() + moved + self.diagonal.clone().sqrt() * own
    }
    fn log_prob(&self, x: Tensor<2>) -> Tensor<2> {
        let l = self.capacitance();
        let off = x - self.mean.clone();
        // Wᵀ D⁻¹ e, [rows, rank, 1].
        let along = (self.weighed() * off.clone().unsqueeze_dim::<3>(2)).sum_dim(1).swap_dims(1, 2);
        let explained = solve_lower(&l, along).square().sum_dim(1).squeeze_dim::<2>(2);
        let square = (off.square() / self.diagonal.clone()).sum_dim(1) - explained;
        let constant = self.features() as f64 * (2.0 * PI).ln();
        (square + self.log_determinant(&l) + constant) * -0.5
    }
    fn mean(&self) -> Option<Tensor<2>> {
        Some(self.mean.clone())
    }
    fn variance(&self) -> Option<Tensor<2>> {
        Some(self.factor.clone().square().sum_dim(2).squeeze_dim::<2>(2) + self.diagonal.clone())
    }
    fn entropy(&self) -> Option<Tensor<2>> {
        let constant = self.features() as f64 * (2.0 * PI * E).ln();
        Some((self.log_determinant(&self.capacitance()) + constant) * 0.5)
    }
}
