//! Free bits: information that costs nothing.

use burn::prelude::*;

/// `Σ_j max(λ, mean KL_j)` of divergences `[batch, latents]`: each latent may say `λ` nats of a sample for nothing, so that none is given up while
/// the decoder has not yet learnt to read it.
///
/// Kingma et al. 2016, Eq. 15, <https://arxiv.org/abs/1606.04934>: the mean is the batch's.
pub fn free_bits(divergences: Tensor<2>, lambda: f64) -> Tensor<1> {
    divergences.mean_dim(0).clamp_min(lambda).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_above_the_allowance_is_paid_for_and_learns() {
        let device = Device::flex().autodiff();
        let kl = Tensor::<2>::from_floats([[0.1, 0.9, 0.5], [0.2, 1.5, 0.2]], &device).require_grad();
        let loss = free_bits(kl.clone(), 0.25);
        let gradient = kl.grad(&loss.clone().backward()).expect("a gradient");
        assert!((loss.into_scalar::<f32>() - (0.25 + 1.2 + 0.35)).abs() < 1e-6);
        let gradient: Vec<f32> = gradient.into_data().try_to_vec().expect("floats");
        assert_eq!(gradient, [0.0, 0.5, 0.5, 0.0, 0.5, 0.5]);
    }
}
