//! `N(μ, σ²)`, feature by feature.

use std::f64::consts::{E, PI};

use burn::prelude::*;

use super::draws::normals;
use super::special::{normal_cdf, normal_quantile};
use super::{Distribution, alike};
use crate::random::Key;

/// Independent normals.
#[derive(Clone, Debug)]
pub struct Normal {
    /// `[1 | rows, features]`.
    pub mean: Tensor<2>,
    /// `[1 | rows, features]`, above 0.
    pub deviation: Tensor<2>,
}

impl Normal {
    /// By mean and standard deviation.
    pub fn new(mean: Tensor<2>, deviation: Tensor<2>) -> Self {
        let [mean, deviation] = alike([mean, deviation]);
        Self { mean, deviation }
    }

    /// By mean and logarithm of the variance, as encoders say it.
    pub fn by_log_variance(mean: Tensor<2>, log_variance: Tensor<2>) -> Self {
        Self::new(mean, (log_variance * 0.5).exp())
    }

    /// As many standard normals as there are numbers in a row of `like`.
    pub fn standard(like: &Tensor<2>) -> Self {
        let mean = like.clone().detach().narrow(0, 0, 1).zeros_like();
        Self { deviation: mean.ones_like(), mean }
    }

    /// `(x − μ)/σ`.
    pub(super) fn standardised(&self, x: Tensor<2>) -> Tensor<2> {
        (x - self.mean.clone()) / self.deviation.clone()
    }
}

/// `ln N(x_i; μ_j, s_j²)` of each feature, `[rows of x, rows of μ, features]`, by means and logarithms of variances: all rows by all normals.
pub fn log_normal_pairs(x: Tensor<2>, mean: Tensor<2>, log_variance: Tensor<2>) -> Tensor<3> {
    let off = x.unsqueeze_dim::<3>(1) - mean.unsqueeze_dim::<3>(0);
    let log_variance = log_variance.unsqueeze_dim::<3>(0);
    (off.square() * (-log_variance.clone()).exp() + log_variance + (2.0 * PI).ln()) * -0.5
}

impl Distribution for Normal {
    fn rows(&self) -> usize {
        self.mean.dims()[0]
    }
    fn features(&self) -> usize {
        self.mean.dims()[1]
    }
    fn sample(&self, key: Key, rows: usize) -> Tensor<2> {
        self.mean.clone() + self.deviation.clone() * normals(key, [rows, self.features()], &self.mean)
    }
    fn log_prob(&self, x: Tensor<2>) -> Tensor<2> {
        -self.standardised(x).square() * 0.5 - self.deviation.clone().log() - 0.5 * (2.0 * PI).ln()
    }
    fn mean(&self) -> Option<Tensor<2>> {
        Some(self.mean.clone())
    }
    fn variance(&self) -> Option<Tensor<2>> {
        Some(self.deviation.clone().square())
    }
    fn entropy(&self) -> Option<Tensor<2>> {
        Some(self.deviation.clone().log() + 0.5 * (2.0 * PI * E).ln())
    }
    fn cdf(&self, x: Tensor<2>) -> Option<Tensor<2>> {
        Some(normal_cdf(self.standardised(x)))
    }
    fn quantile(&self, p: Tensor<2>) -> Option<Tensor<2>> {
        Some(self.mean.clone() + self.deviation.clone() * normal_quantile(p))
    }
}
