//! 1 with probability `σ(ℓ)`, otherwise 0, feature by feature.

use burn::prelude::*;
use burn::tensor::activation::{sigmoid, softplus};

use super::Distribution;
use super::draws::uniforms;
use crate::random::Key;

/// Independent events.
#[derive(Clone, Debug)]
pub struct Bernoulli {
    /// Logarithms of the odds, `[1 | rows, features]`.
    pub logits: Tensor<2>,
}

impl Bernoulli {
    /// By the logarithms of their odds.
    pub fn new(logits: Tensor<2>) -> Self {
        Self { logits }
    }

    fn probability(&self) -> Tensor<2> {
        sigmoid(self.logits.clone())
    }
}

impl Distribution for Bernoulli {
    fn rows(&self) -> usize {
        self.logits.dims()[0]
    }
    fn features(&self) -> usize {
        self.logits.dims()[1]
    }
    fn pathwise(&self) -> bool {
        false
    }
    fn sample(&self, key: Key, rows: usize) -> Tensor<2> {
        let chance = uniforms(key, [rows, self.features()], &self.logits);
        let happens = chance.clone().lower(self.probability().detach() + chance.zeros_like());
        chance.zeros_like().mask_fill(happens, 1.0)
    }
    fn log_prob(&self, x: Tensor<2>) -> Tensor<2> {
        x * self.logits.clone() - softplus(self.logits.clone(), 1.0)
    }
    fn mean(&self) -> Option<Tensor<2>> {
        Some(self.probability())
    }
    fn variance(&self) -> Option<Tensor<2>> {
        Some(self.probability() * sigmoid(-self.logits.clone()))
    }
    fn entropy(&self) -> Option<Tensor<2>> {
        Some(softplus(self.logits.clone(), 1.0) - self.probability() * self.logits.clone())
    }
}
