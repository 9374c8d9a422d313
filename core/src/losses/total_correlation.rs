//! The divergence of latents from their prior, taken apart.
//!
//! ```text
//! E KL(q(z|n) ‖ p(z)) = I(z; n) + KL(q(z) ‖ Π_j q(z_j)) + Σ_j KL(q(z_j) ‖ p(z_j))
//! ```
//!
//! Chen et al. 2018, Eq. 2, <https://arxiv.org/abs/1802.04942>: what latents say of the sample, how far they depend on one another, and how far each is
//! from its prior. `q(z)` is a mixture over all data, which is estimated from a batch.

use burn::prelude::*;

use crate::distributions::special::log_sum_exp;
use crate::distributions::{Distribution, Normal, log_normal_pairs};

/// How a batch stands for all data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weighting {
    /// Each sample of the batch with the same weight: a bound on `ln q(z)` that is too low by about `ln N` where batches are small (Appendix C.1).
    Minibatch,
    /// A sample's own posterior with weight `1/N`, that of one other with `(N − M)/(N M)`, the rest with `1/M`, `M` being the others: without bias
    /// for `q(z)` itself (Appendix C.2).
    Stratified,
}

/// The three parts, `[1]` each, in nats.
#[derive(Clone, Debug)]
pub struct Decomposition {
    /// `I(z; n)`.
    pub mutual_information: Tensor<1>,
    /// `KL(q(z) ‖ Π_j q(z_j))`.
    pub total_correlation: Tensor<1>,
    /// `Σ_j KL(q(z_j) ‖ p(z_j))`, with the standard normal prior.
    pub dimension_wise: Tensor<1>,
}

/// The parts from draws `z` of the posteriors `N(mean, exp(log_variance))` of a batch, all `[batch, latents]`, of `samples` in all.
pub fn decomposed(
    z: Tensor<2>,
    mean: Tensor<2>,
    log_variance: Tensor<2>,
    samples: usize,
    weighting: Weighting,
) -> Decomposition {
    let posterior = Normal::by_log_variance(mean.clone(), log_variance.clone());
    let own = posterior.log_prob(z.clone()).sum_dim(1);
    let prior = Normal::standard(&z).log_prob(z.clone()).sum_dim(1);
    let [joint, each] = aggregated(z, mean, log_variance, samples, weighting);
    Decomposition {
        mutual_information: (own - joint.clone()).mean(),
        total_correlation: (joint - each.clone()).mean(),
        dimension_wise: (each - prior).mean(),
    }
}

/// `ln q(z_i)` and `Σ_j ln q(z_ij)`, `[batch, 1]` each, of the draws and posteriors of [`decomposed`].
pub fn aggregated(
    z: Tensor<2>,
    mean: Tensor<2>,
    log_variance: Tensor<2>,
    samples: usize,
    weighting: Weighting,
) -> [Tensor<2>; 2] {
    let pairs = log_normal_pairs(z, mean, log_variance);
    let weights = weighting.weights(&pairs, samples);
    let joint = log_sum_exp(pairs.clone().sum_dim(2) + weights.clone(), 1).squeeze_dim::<2>(2);
    let each = log_sum_exp(pairs + weights, 1).squeeze_dim::<2>(1).sum_dim(1);
    [joint, each]
}

impl Weighting {
    /// Logarithms of the weights of posterior `j` for draw `i`, `[batch, batch, 1]`.
    fn weights(self, like: &Tensor<3>, samples: usize) -> Tensor<3> {
        let batch = like.dims()[0];
        // Data are never fewer than those of the batch.
        let (all, others) = (samples.max(batch) as f64, (batch.max(2) - 1) as f64);
        let weight = |i: usize, j: usize| match (self, (j + batch - i) % batch) {
            (Self::Minibatch, _) => 1.0 / (batch as f64 * all),
            (Self::Stratified, 0) => 1.0 / all,
            (Self::Stratified, 1) => (all - others) / (all * others),
            (Self::Stratified, _) => 1.0 / others,
        };
        let weights: Vec<f32> =
            (0..batch * batch).map(|at| weight(at / batch, at % batch).ln() as f32).collect();
        Tensor::from_data(TensorData::new(weights, [batch, batch, 1]), (&like.device(), like.dtype()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Key, Purpose};

    fn number(x: &Tensor<1>) -> f64 {
        f64::from(x.clone().into_scalar::<f32>())
    }

    /// Posteriors of width `s` about normals of covariance `[[1, ρ], [ρ, 1]]`: all three parts are known.
    #[test]
    fn the_parts_of_correlated_normals_are_those_known() {
        let (rows, rho, s) = (1500, 0.8_f64, 0.6_f64);
        let device = Device::flex();
        let noise = Key::new(1, Purpose::Noise, 0).normal_rows(rows, 4, &device);
        let at = |j: usize| noise.clone().narrow(1, j, 1);
        let mean = Tensor::cat(vec![at(0), at(0) * rho + at(1) * (1.0 - rho * rho).sqrt()], 1);
        let z = mean.clone() + noise.clone().narrow(1, 2, 2) * s;
        let log_variance = mean.full_like(2.0 * s.ln());
        let parts = |weighting| decomposed(z.clone(), mean.clone(), log_variance.clone(), rows, weighting);
        let found = parts(Weighting::Stratified);
        let own = 1.0 + s * s;
        let determinant = own * own - rho * rho;
        let wanted = [
            0.5 * (determinant / s.powi(4)).ln(),
            0.5 * (own * own / determinant).ln(),
            own - 1.0 - own.ln(),
        ];
        let found = [&found.mutual_information, &found.total_correlation, &found.dimension_wise].map(number);
        // The mixture is of as many posteriors as there are samples, and a sample's own is one of them: 1/(rows s²) or so, and 1/√rows of chance.
        for (found, wanted) in found.iter().zip(wanted) {
            assert!((found - wanted).abs() < 0.06, "{found} {wanted}");
        }
        // Each ln q is lower by ln N with the other weights, and there are two for the one of both.
        let other = parts(Weighting::Minibatch);
        let gap = number(&other.total_correlation) - found[1];
        assert!((gap - (rows as f64).ln()).abs() < 1e-3, "{gap}");
    }

    /// Whatever the weights: they cancel.
    #[test]
    fn the_parts_add_up_to_the_divergence() {
        let device = Device::flex();
        let noise = Key::new(2, Purpose::Noise, 0).normal_rows(16, 9, &device);
        let [z, mean, log_variance] = [0, 1, 2].map(|i| noise.clone().narrow(1, 3 * i, 3));
        let own = Normal::by_log_variance(mean.clone(), log_variance.clone()).log_prob_of_rows(z.clone());
        let whole = number(&(own - Normal::standard(&z).log_prob_of_rows(z.clone())).mean());
        for weighting in [Weighting::Minibatch, Weighting::Stratified] {
            let parts = decomposed(z.clone(), mean.clone(), log_variance.clone(), 1000, weighting);
            let sum = parts.mutual_information + parts.total_correlation + parts.dimension_wise;
            assert!((number(&sum) - whole).abs() < 1e-4 * whole.abs().max(1.0));
        }
    }

    /// The stratified weights of a batch's others stand for all other samples: the mean of `q(z)` over batches is that of all data.
    #[test]
    fn weights_of_a_batch_add_up_to_one() {
        let like = Tensor::<3>::zeros([8, 8, 2], &Device::flex());
        let sums = Weighting::Stratified.weights(&like, 1000).exp().sum_dim(1);
        assert!((sums - 1.0).abs().max().into_scalar::<f32>() < 1e-6);
    }

    #[test]
    fn what_is_aggregated_of_equal_posteriors_is_each_of_them() {
        let (n, all, noise) = (9, 1000, Key::new(3, Purpose::Noise, 0).normal_rows(9, 4, &Device::flex()));
        let [spread, noise] = [0, 2].map(|from| noise.clone().narrow(1, from, 2));
        let close = |found: &Tensor<2>, wanted: Tensor<2>| {
            let off = (found.clone() - wanted.clone()).abs() / wanted.abs().clamp_min(1.0);
            assert!(off.max().into_scalar::<f32>() < 2e-4, "{found}");
        };
        let mean = Tensor::<2>::from_floats([[0.4, -1.0]], &Device::flex()).repeat_dim(0, n);
        let log_variance = mean.full_like(-0.7);
        let equal = Normal::by_log_variance(mean.clone(), log_variance.clone());
        let z = mean.clone() + noise.clone() * equal.deviation.clone();
        let own = equal.log_prob_of_rows(z.clone());
        let found = aggregated(z, mean, log_variance, all, Weighting::Stratified);
        found.iter().for_each(|found| close(found, own.clone()));
        // Posteriors far apart: of each draw its own is left, seen as often as one of `N`.
        let mean = spread * 1e3;
        let z = mean.clone() + noise;
        let own = Normal::new(mean.clone(), mean.ones_like()).log_prob_of_rows(z.clone());
        let [whole, _] = aggregated(z, mean.clone(), mean.zeros_like(), all, Weighting::Stratified);
        close(&whole, own - (all as f64).ln());
    }
}
