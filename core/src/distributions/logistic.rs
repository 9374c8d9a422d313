//! `e^{−z}/(s (1 + e^{−z})²)` with `z = (x − μ)/s`, feature by feature.

use std::f64::consts::PI;

use burn::prelude::*;
use burn::tensor::activation::{log_sigmoid, sigmoid};

use super::draws::uniforms;
use super::{Distribution, alike};
use crate::random::Key;

/// Independent logistic variables.
#[derive(Clone, Debug)]
pub struct Logistic {
    /// `[1 | rows, features]`.
    pub mean: Tensor<2>,
    /// `s`, `[1 | rows, features]`, above 0.
    pub scale: Tensor<2>,
}

impl Logistic {
    /// By mean and scale.
    pub fn new(mean: Tensor<2>, scale: Tensor<2>) -> Self {
        let [mean, scale] = alike([mean, scale]);
        Self { mean, scale }
    }

    fn standardised(&self, x: Tensor<2>) -> Tensor<2> {
        (x - self.mean.clone()) / self.scale.clone()
    }
}

impl Distribution for Logistic {
    fn rows(&self) -> usize {
        self.mean.dims()[0]
    }
    fn features(&self) -> usize {
        self.mean.dims()[1]
    }
    fn sample(&self, key: Key, rows: usize) -> Tensor<2> {
        let p = uniforms(key, [rows, self.features()], &self.mean);
        self.quantile(p).expect("a logistic variable should have quantiles")
    }
    fn log_prob(&self, x: Tensor<2>) -> Tensor<2> {
        let z = self.standardised(x);
        log_sigmoid(z.clone()) + log_sigmoid(-z) - self.scale.clone().log()
    }
    fn mean(&self) -> Option<Tensor<2>> {
        Some(self.mean.clone())
    }
    fn variance(&self) -> Option<Tensor<2>> {
        Some(self.scale.clone().square() * (PI * PI / 3.0))
    }
    fn entropy(&self) -> Option<Tensor<2>> {
        Some(self.scale.clone().log() + 2.0)
    }
    fn cdf(&self, x: Tensor<2>) -> Option<Tensor<2>> {
        Some(sigmoid(self.standardised(x)))
    }
    fn quantile(&self, p: Tensor<2>) -> Option<Tensor<2>> {
        Some(self.mean.clone() + self.scale.clone() * (p.clone().log() - p.neg().log1p()))
    }
}
