//! Steps between −1 and 1, such as the bytes of a picture, each with the probability that a mixture of logistics has of it; feature by feature.
//!
//! ```text
//! p(x) = Σ_k π_k [σ((x + h − μ_k)/s_k) − σ((x − h − μ_k)/s_k)],   h half a step;  the ends hold all that lies beyond them
//! ```
//!
//! Salimans et al. 2017 (PixelCNN++), section 2.1, <https://arxiv.org/abs/1701.05517>.

use burn::prelude::*;
use burn::tensor::activation::{log_sigmoid, log_softmax};

use super::Distribution;
use super::draws::{gumbels, part, uniforms};
use super::special::{log_1m_exp, log_sum_exp};
use crate::random::Key;

/// Independent mixtures of logistics, in steps.
#[derive(Clone, Debug)]
pub struct DiscretisedLogistics {
    /// Logarithms of the components' weights, up to a constant: `[1 | rows, features, components]`.
    pub logits: Tensor<3>,
    /// `μ`, of the same shape.
    pub means: Tensor<3>,
    /// `ln s`, of the same shape.
    pub log_scales: Tensor<3>,
    /// How many values there are from −1 to 1: 256 of a byte.
    pub bins: usize,
}

impl DiscretisedLogistics {
    /// By weights, means and scales of the components, of one shape.
    pub fn new(logits: Tensor<3>, means: Tensor<3>, log_scales: Tensor<3>, bins: usize) -> Self {
        assert!(bins > 1, "a number of {bins} values is no variable");
        Self { logits, means, log_scales, bins }
    }

    /// `[rows, features · components]` as the components lie.
    fn apart(&self, x: Tensor<2>) -> Tensor<3> {
        let [_, features, components] = self.logits.dims();
        let rows = x.dims()[0];
        x.reshape([rows, features, components])
    }
}

/// Logarithms of the probabilities that logistic variables have of steps, of the shape of `x`.
///
/// As `σ(b) − σ(a) = σ(b) σ(−a) (1 − e^{a − b})`, nothing is lost where both are nearly 0 or 1.
pub fn log_steps<const D: usize>(
    x: Tensor<D>,
    mean: Tensor<D>,
    log_scale: Tensor<D>,
    bins: usize,
) -> Tensor<D> {
    let h = half_step(bins);
    let sharp = (-log_scale).exp();
    let off = x.clone() - mean;
    let above = log_sigmoid((off.clone() + h) * sharp.clone());
    let below = log_sigmoid(-(off - h) * sharp.clone());
    let width = log_1m_exp(sharp * (2.0 * h)).expand(x.dims());
    let inner = above.clone() + below.clone() + width;
    let (first, last) = (x.clone().lower_elem(-1.0 + h), x.greater_elem(1.0 - h));
    inner.mask_where(first, above).mask_where(last, below)
}

/// The step nearest to where a logistic variable's distribution function is `p`, above 0 and below 1.
pub fn nearest_step<const D: usize>(
    mean: Tensor<D>,
    log_scale: Tensor<D>,
    p: Tensor<D>,
    bins: usize,
) -> Tensor<D> {
    let x = mean + log_scale.exp() * (p.clone().log() - p.neg().log1p());
    let step = 2.0 * half_step(bins);
    ((x.clamp(-1.0, 1.0) + 1.0) / step).round() * step - 1.0
}

fn half_step(bins: usize) -> f64 {
    1.0 / (bins - 1) as f64
}

impl Distribution for DiscretisedLogistics {
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
        let [logits, means, log_scales] =
            [&self.logits, &self.means, &self.log_scales].map(|x| x.clone().detach());
        let [_, features, components] = logits.dims();
        let (dims, like) = ([rows, features * components], logits.clone().flatten::<2>(1, 2));
        let scores = logits + self.apart(gumbels(part(key, 0), dims, &like));
        let best = scores.clone().max_dim(2).expand(scores.dims());
        let p = self.apart(uniforms(part(key, 1), dims, &like));
        let x = nearest_step(means, log_scales, p, self.bins);
        x.mask_fill(scores.lower(best), 0.0).sum_dim(2).squeeze_dim(2)
    }
    fn log_prob(&self, x: Tensor<2>) -> Tensor<2> {
        let [rows, features] = x.dims();
        let dims = [rows, features, self.logits.dims()[2]];
        let x = x.unsqueeze_dim::<3>(2).expand(dims);
        let log = log_steps(x, self.means.clone(), self.log_scales.clone(), self.bins);
        log_sum_exp(log + log_softmax(self.logits.clone(), 2), 2).squeeze_dim(2)
    }
}
