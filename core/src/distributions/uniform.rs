//! Uniform between two bounds, feature by feature.

use burn::prelude::*;

use super::draws::uniforms;
use super::{Distribution, alike};
use crate::nn::over;
use crate::random::Key;

/// Independent uniforms.
#[derive(Clone, Debug)]
pub struct Uniform {
    /// The lower bound, `[1 | rows, features]`.
    pub low: Tensor<2>,
    /// The upper bound, `[1 | rows, features]`, above the lower.
    pub high: Tensor<2>,
}

impl Uniform {
    /// Between these bounds.
    pub fn new(low: Tensor<2>, high: Tensor<2>) -> Self {
        let [low, high] = alike([low, high]);
        Self { low, high }
    }

    pub(super) fn width(&self) -> Tensor<2> {
        self.high.clone() - self.low.clone()
    }
}

impl Distribution for Uniform {
    fn rows(&self) -> usize {
        self.low.dims()[0]
    }
    fn features(&self) -> usize {
        self.low.dims()[1]
    }
    fn sample(&self, key: Key, rows: usize) -> Tensor<2> {
        self.low.clone() + self.width() * uniforms(key, [rows, self.features()], &self.low)
    }
    /// −∞ outside of the bounds.
    fn log_prob(&self, x: Tensor<2>) -> Tensor<2> {
        let off = x - self.low.clone();
        let log = -self.width().log() + off.zeros_like();
        let beyond = off.clone().greater(self.width() + off.zeros_like());
        log.mask_fill(off.lower_elem(0.0).bool_or(beyond), f64::NEG_INFINITY)
    }
    fn mean(&self) -> Option<Tensor<2>> {
        Some((self.low.clone() + self.high.clone()) * 0.5)
    }
    fn variance(&self) -> Option<Tensor<2>> {
        Some(over(self.width().square(), 12.0))
    }
    fn entropy(&self) -> Option<Tensor<2>> {
        Some(self.width().log())
    }
    fn cdf(&self, x: Tensor<2>) -> Option<Tensor<2>> {
        Some(((x - self.low.clone()) / self.width()).clamp(0.0, 1.0))
    }
    fn quantile(&self, p: Tensor<2>) -> Option<Tensor<2>> {
        Some(self.low.clone() + self.width() * p)
    }
}
