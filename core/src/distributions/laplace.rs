//! `exp(−|x − μ|/b)/2b`, feature by feature.

use std::f64::consts::{E, LN_2};

use burn::prelude::*;

use super::draws::uniforms;
use super::{Distribution, alike};
use crate::random::Key;

/// Independent Laplace variables.
#[derive(Clone, Debug)]
pub struct Laplace {
    /// `[1 | rows, features]`.
    pub mean: Tensor<2>,
    /// `b`, `[1 | rows, features]`, above 0.
    pub scale: Tensor<2>,
}

impl Laplace {
    /// By mean and scale.
    pub fn new(mean: Tensor<2>, scale: Tensor<2>) -> Self {
        let [mean, scale] = alike([mean, scale]);
        Self { mean, scale }
    }
}

impl Distribution for Laplace {
    fn rows(&self) -> usize {
        self.mean.dims()[0]
    }
    fn features(&self) -> usize {
        self.mean.dims()[1]
    }
    fn sample(&self, key: Key, rows: usize) -> Tensor<2> {
        let p = uniforms(key, [rows, self.features()], &self.mean);
        self.quantile(p).expect("a Laplace variable should have quantiles")
    }
    fn log_prob(&self, x: Tensor<2>) -> Tensor<2> {
        -(x - self.mean.clone()).abs() / self.scale.clone() - self.scale.clone().log() - LN_2
    }
    fn mean(&self) -> Option<Tensor<2>> {
        Some(self.mean.clone())
    }
    fn variance(&self) -> Option<Tensor<2>> {
        Some(self.scale.clone().square() * 2.0)
    }
    fn entropy(&self) -> Option<Tensor<2>> {
        Some(self.scale.clone().log() + (2.0 * E).ln())
    }
    fn cdf(&self, x: Tensor<2>) -> Option<Tensor<2>> {
        let off = (x - self.mean.clone()) / self.scale.clone();
        let tail = off.clone().abs().neg().exp() * 0.5;
        Some((-tail.clone() + 1.0).mask_where(off.lower_elem(0.0), tail))
    }
    fn quantile(&self, p: Tensor<2>) -> Option<Tensor<2>> {
        let off = p - 0.5;
        let side = off.clone().sign();
        Some(self.mean.clone() - self.scale.clone() * side * (off.abs() * -2.0).log1p())
    }
}
