//! `p(x) = Σ_k π_k p_k(x)` of distributions of one family.

use burn::prelude::*;
use burn::tensor::activation::log_softmax;

use super::Distribution;
use super::draws::{gumbels, part};
use super::special::log_sum_exp;
use crate::random::Key;

/// Each part of a row is of one of the components, which it chooses by itself: with [`super::Independent`] components a whole row is.
///
/// Draws pass gradients to the components, but none to the weights.
#[derive(Clone, Debug)]
pub struct Mixture<D> {
    /// Logarithms of the weights, up to a constant: `[1 | rows, components]`.
    pub logits: Tensor<2>,
    /// The components.
    pub components: Vec<D>,
}

impl<D: Distribution> Mixture<D> {
    /// By weights and components, of which there are as many.
    pub fn new(logits: Tensor<2>, components: Vec<D>) -> Self {
        assert_eq!(logits.dims()[1], components.len(), "each component should have a weight");
        Self { logits, components }
    }

    /// `Σ_k π_k f(k)` with `[1 | rows, features]` of each.
    fn expectation(&self, f: impl Fn(&D) -> Option<Tensor<2>>) -> Option<Tensor<2>> {
        let weights = log_softmax(self.logits.clone(), 1).exp();
        let weighed = |(k, component)| f(component).map(|value| value * weights.clone().narrow(1, k, 1));
        let terms: Option<Vec<_>> = self.components.iter().enumerate().map(weighed).collect();
        terms.and_then(|terms| terms.into_iter().reduce(|sum, term| sum + term))
    }
}

impl<D: Distribution> Distribution for Mixture<D> {
    fn rows(&self) -> usize {
        self.components.iter().map(D::rows).fold(self.logits.dims()[0], usize::max)
    }
    fn features(&self) -> usize {
        self.components[0].features()
    }
    fn parts(&self) -> usize {
        self.components[0].parts()
    }
    fn pathwise(&self) -> bool {
        false
    }
    fn sample(&self, key: Key, rows: usize) -> Tensor<2> {
        let (parts, count) = (self.parts(), self.components.len());
        let logits = self.logits.clone().detach();
        let noise = gumbels(part(key, 0), [rows, parts * count], &logits).reshape([rows, parts, count]);
        let scores = logits.unsqueeze_dim::<3>(1) + noise;
        let others = scores.clone().lower(scores.clone().max_dim(2).expand(scores.dims()));
        let draws = self.components.iter().enumerate().map(|(k, component)| {
            let x = component.sample(part(key, k + 1), rows);
            let other = others.clone().narrow(2, k, 1).squeeze_dim::<2>(2).expand(x.dims());
            x.mask_fill(other, 0.0)
        });
        draws.reduce(|sum, draw| sum + draw).expect("a mixture should have components")
    }
    fn log_prob(&self, x: Tensor<2>) -> Tensor<2> {
        let weights = log_softmax(self.logits.clone(), 1);
        let logs = self.components.iter().enumerate().map(|(k, component)| {
            (component.log_prob(x.clone()) + weights.clone().narrow(1, k, 1)).unsqueeze_dim::<3>(2)
        });
        log_sum_exp(Tensor::cat(logs.collect(), 2), 2).squeeze_dim(2)
    }
    fn mean(&self) -> Option<Tensor<2>> {
        self.expectation(D::mean)
    }
    fn variance(&self) -> Option<Tensor<2>> {
        let square = |component: &D| Some(component.variance()? + component.mean()?.square());
        Some(self.expectation(square)? - self.mean()?.square())
    }
    fn cdf(&self, x: Tensor<2>) -> Option<Tensor<2>> {
        self.expectation(|component| component.cdf(x.clone()))
    }
}
