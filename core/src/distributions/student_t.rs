//! Student's t with `ν` degrees of freedom, moved and scaled, feature by feature.

use std::f64::consts::PI;

use burn::prelude::*;

use super::draws::{normals, part};
use super::gamma::standard_gamma;
use super::special::{beta_cdf, digamma, log_beta, log_gamma};
use super::{Distribution, alike, spread};
use crate::random::Key;

/// Independent variables of Student's t.
#[derive(Clone, Debug)]
pub struct StudentT {
    /// `ν`, `[1 | rows, features]`, above 0.
    pub freedom: Tensor<2>,
    /// The median, `[1 | rows, features]`.
    pub location: Tensor<2>,
    /// `[1 | rows, features]`, above 0.
    pub scale: Tensor<2>,
}

impl StudentT {
    /// By degrees of freedom, location and scale.
    pub fn new(freedom: Tensor<2>, location: Tensor<2>, scale: Tensor<2>) -> Self {
        let [freedom, location, scale] = alike([freedom, location, scale]);
        Self { freedom, location, scale }
    }

    /// `(x − μ)²/(s² ν)`.
    fn square(&self, x: Tensor<2>) -> Tensor<2> {
        ((x - self.location.clone()) / self.scale.clone()).square() / self.freedom.clone()
    }
}

impl Distribution for StudentT {
    fn rows(&self) -> usize {
        self.location.dims()[0]
    }
    fn features(&self) -> usize {
        self.location.dims()[1]
    }
    /// A normal over the root of a gamma variable of mean 1.
    fn sample(&self, key: Key, rows: usize) -> Tensor<2> {
        let half = self.freedom.clone() * 0.5;
        let mixed = standard_gamma(half.clone(), part(key, 0), rows) / half;
        let noise = normals(part(key, 1), [rows, self.features()], &self.scale);
        self.location.clone() + self.scale.clone() * noise / mixed.sqrt()
    }
    fn log_prob(&self, x: Tensor<2>) -> Tensor<2> {
        let half = self.freedom.clone() * 0.5;
        let weight = log_gamma(half.clone() + 0.5)
            - log_gamma(half.clone())
            - (self.freedom.clone() * PI).log() * 0.5
            - self.scale.clone().log();
        weight - (half + 0.5) * self.square(x).log1p()
    }
    /// The median, which is the mean where `ν` is above 1.
    fn mean(&self) -> Option<Tensor<2>> {
        Some(self.location.clone())
    }
    /// Infinite where `ν` is 2 or less.
    fn variance(&self) -> Option<Tensor<2>> {
        let spare = self.freedom.clone() - 2.0;
        let wide = spare.clone().lower_equal_elem(0.0);
        let variance = self.scale.clone().square() * self.freedom.clone() / spare.clamp_min(1e-30);
        Some(variance.mask_fill(wide, f64::INFINITY))
    }
    fn entropy(&self) -> Option<Tensor<2>> {
        let half = self.freedom.clone() * 0.5;
        let more = half.clone() + 0.5;
        let shape = more.clone() * (digamma(more) - digamma(half.clone()));
        let width = self.freedom.clone().log() * 0.5 + log_beta(half.clone(), half.full_like(0.5));
        Some(shape + width + self.scale.clone().log())
    }
    fn cdf(&self, x: Tensor<2>) -> Option<Tensor<2>> {
        let rows = x.dims()[0];
        let low = x.clone().lower(spread(self.location.clone(), rows));
        let half = spread(self.freedom.clone() * 0.5, rows);
        // At the median itself both tails are ½: as near to it as the precision goes.
        let odds = (self.square(x) + 1.0).recip().clamp_max(1.0 - 1e-7);
        let tail = beta_cdf(half.clone(), half.full_like(0.5), odds) * 0.5;
        Some((-tail.clone() + 1.0).mask_where(low, tail))
    }
}
