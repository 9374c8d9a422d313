//! `x^{a−1} (1 − x)^{b−1}/B(a, b)`, feature by feature.

use burn::prelude::*;

use super::draws::part;
use super::gamma::standard_gamma;
use super::special::{beta_cdf, digamma, log_beta};
use super::{Distribution, alike, spread};
use crate::random::Key;

/// Independent beta variables.
#[derive(Clone, Debug)]
pub struct Beta {
    /// `a`, `[1 | rows, features]`, above 0.
    pub a: Tensor<2>,
    /// `b`, `[1 | rows, features]`, above 0.
    pub b: Tensor<2>,
}

impl Beta {
    /// By the concentrations towards 1 and towards 0.
    pub fn new(a: Tensor<2>, b: Tensor<2>) -> Self {
        let [a, b] = alike([a, b]);
        Self { a, b }
    }
}

impl Distribution for Beta {
    fn rows(&self) -> usize {
        self.a.dims()[0]
    }
    fn features(&self) -> usize {
        self.a.dims()[1]
    }
    /// The share of one gamma variable in two.
    fn sample(&self, key: Key, rows: usize) -> Tensor<2> {
        let x = standard_gamma(self.a.clone(), part(key, 0), rows);
        let y = standard_gamma(self.b.clone(), part(key, 1), rows);
        x.clone() / (x + y)
    }
    fn log_prob(&self, x: Tensor<2>) -> Tensor<2> {
        let (a, b) = (self.a.clone(), self.b.clone());
        let weight = log_beta(a.clone(), b.clone());
        (a - 1.0) * x.clone().log() + (b - 1.0) * x.neg().log1p() - weight
    }
    fn mean(&self) -> Option<Tensor<2>> {
        Some(self.a.clone() / (self.a.clone() + self.b.clone()))
    }
    fn variance(&self) -> Option<Tensor<2>> {
        let sum = self.a.clone() + self.b.clone();
        Some(self.a.clone() * self.b.clone() / (sum.clone().square() * (sum + 1.0)))
    }
    fn entropy(&self) -> Option<Tensor<2>> {
        let (a, b) = (self.a.clone(), self.b.clone());
        let sum = a.clone() + b.clone();
        let entropy =
            log_beta(a.clone(), b.clone()) - (a.clone() - 1.0) * digamma(a) - (b.clone() - 1.0) * digamma(b)
                + (sum.clone() - 2.0) * digamma(sum);
        Some(entropy)
    }
    fn cdf(&self, x: Tensor<2>) -> Option<Tensor<2>> {
        let rows = x.dims()[0];
        Some(beta_cdf(spread(self.a.clone(), rows), spread(self.b.clone(), rows), x))
    }
}
