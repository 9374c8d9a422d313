//! One class of several as a row of shares, made smooth: `softmax((ℓ + g)/τ)` with `g` of Gumbel's distribution.
//!
//! Jang, Gu and Poole 2017, <https://arxiv.org/abs/1611.01144>; Maddison, Mnih and Teh 2017, <https://arxiv.org/abs/1611.00712>.

use burn::prelude::*;
use burn::tensor::activation::softmax;

use super::Distribution;
use super::draws::gumbels;
use super::special::log_sum_exp;
use crate::nn::over;
use crate::random::Key;

/// Rows of shares, which are nearly 0 and 1 where the temperature is low.
#[derive(Clone, Debug)]
pub struct RelaxedOneHot {
    /// `[1 | rows, classes]`.
    pub logits: Tensor<2>,
    /// `τ`, above 0.
    pub temperature: f64,
}

impl RelaxedOneHot {
    /// By logarithms of probabilities, up to a constant, and temperature.
    pub fn new(logits: Tensor<2>, temperature: f64) -> Self {
        Self { logits, temperature }
    }

    /// Rows of one 1 among zeros, whose gradient is that of the shares: the straight-through estimator (Jang et al., section 2.2).
    pub fn sample_straight_through(&self, key: Key, rows: usize) -> Tensor<2> {
        let soft = self.sample(key, rows);
        let fixed = soft.clone().detach();
        let below = fixed.clone().lower(fixed.clone().max_dim(1).expand(fixed.dims()));
        fixed.ones_like().mask_fill(below, 0.0) + soft - fixed
    }
}

impl Distribution for RelaxedOneHot {
    fn rows(&self) -> usize {
        self.logits.dims()[0]
    }
    fn features(&self) -> usize {
        self.logits.dims()[1]
    }
    fn parts(&self) -> usize {
        1
    }
    fn sample(&self, key: Key, rows: usize) -> Tensor<2> {
        let noise = gumbels(key, [rows, self.features()], &self.logits);
        softmax(over(self.logits.clone() + noise, self.temperature), 1)
    }
    /// Maddison et al., Eq. 22.
    fn log_prob(&self, x: Tensor<2>) -> Tensor<2> {
        let (k, tau) = (self.features() as f64, self.temperature);
        let log = x.log();
        let powers = self.logits.clone() - log.clone() * tau;
        let weight = libm::lgamma(k) + (k - 1.0) * tau.ln();
        (powers.clone() - log).sum_dim(1) - log_sum_exp(powers, 1) * k + weight
    }
}
