//! A class with probability `softmax(ℓ)`, feature by feature. A class is its number.

use burn::prelude::*;
use burn::tensor::activation::log_softmax;

use super::Distribution;
use super::draws::gumbels;
use crate::random::Key;

/// Independent choices among `classes`.
#[derive(Clone, Debug)]
pub struct Categorical {
    /// `[1 | rows, features, classes]`.
    pub logits: Tensor<3>,
}

impl Categorical {
    /// By logarithms of probabilities, up to a constant.
    pub fn new(logits: Tensor<3>) -> Self {
        Self { logits }
    }

    pub(super) fn log_probabilities(&self) -> Tensor<3> {
        log_softmax(self.logits.clone(), 2)
    }

    /// The classes' numbers, `[1, 1, classes]`.
    fn numbers(&self) -> Tensor<3> {
        let classes = self.logits.dims()[2];
        let numbers: Vec<f32> = (0..classes).map(|k| k as f32).collect();
        let options = (&self.logits.device(), self.logits.dtype());
        Tensor::from_data(TensorData::new(numbers, [1, 1, classes]), options)
    }
}

impl Distribution for Categorical {
    fn rows(&self) -> usize {
        self.logits.dims()[0]
    }
    fn features(&self) -> usize {
        self.logits.dims()[1]
    }
    fn pathwise(&self) -> bool {
        false
    }
    /// Numbers of classes.
    fn sample(&self, key: Key, rows: usize) -> Tensor<2> {
        let [_, features, classes] = self.logits.dims();
        let like = self.logits.clone().detach().flatten::<2>(1, 2);
        let noise = gumbels(key, [rows, features * classes], &like).reshape([rows, features, classes]);
        let chosen = (self.logits.clone().detach() + noise).argmax(2).squeeze_dim::<2>(2);
        chosen.float().cast(like.dtype())
    }
    fn log_prob(&self, x: Tensor<2>) -> Tensor<2> {
        let log = self.log_probabilities();
        let [rows, features] = x.dims();
        let dims = [rows, features, log.dims()[2]];
        let other = x.unsqueeze_dim::<3>(2).expand(dims).not_equal(self.numbers().expand(dims));
        log.expand(dims).mask_fill(other, 0.0).sum_dim(2).squeeze_dim(2)
    }
    fn entropy(&self) -> Option<Tensor<2>> {
        let log = self.log_probabilities();
        Some(-(log.clone().exp() * log).sum_dim(2).squeeze_dim::<2>(2))
    }
}
