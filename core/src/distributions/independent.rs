//! The parts of a row taken as one: their logarithms of probability add up.

use burn::prelude::*;

use super::Distribution;
use crate::random::Key;

/// A distribution whose rows are of one part.
#[derive(Clone, Debug)]
pub struct Independent<D>(pub D);

impl<D: Distribution> Distribution for Independent<D> {
    fn rows(&self) -> usize {
        self.0.rows()
    }
    fn features(&self) -> usize {
        self.0.features()
    }
    fn parts(&self) -> usize {
        1
    }
    fn pathwise(&self) -> bool {
        self.0.pathwise()
    }
    fn sample(&self, key: Key, rows: usize) -> Tensor<2> {
        self.0.sample(key, rows)
    }
    fn log_prob(&self, x: Tensor<2>) -> Tensor<2> {
        self.0.log_prob_of_rows(x)
    }
    fn mean(&self) -> Option<Tensor<2>> {
        self.0.mean()
    }
    fn variance(&self) -> Option<Tensor<2>> {
        self.0.variance()
    }
    fn entropy(&self) -> Option<Tensor<2>> {
        self.0.entropy().map(|entropy| entropy.sum_dim(1))
    }
    fn cdf(&self, x: Tensor<2>) -> Option<Tensor<2>> {
        self.0.cdf(x)
    }
    fn quantile(&self, p: Tensor<2>) -> Option<Tensor<2>> {
        self.0.quantile(p)
    }
}
