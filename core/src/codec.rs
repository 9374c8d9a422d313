//! Codecs: samples to latents and back.
//!
//! What an autoencoder offers to others: a latent model draws in its latents (Rombach et al. 2022,
//! <https://arxiv.org/abs/2112.10752>), and an evaluation asks what is lost on the way there and back.

use burn::prelude::*;

/// An encoder with its decoder.
pub trait Codec {
    /// Shape of a latent: `[latents]`, or `[channels, height, width]` where it is a picture itself.
    fn latent_shape(&self) -> &[usize];

    /// `[batch, features]` to `[batch, latents]`; the same for the same sample, whatever it was learnt with.
    fn encode(&self, x: Tensor<2>) -> Tensor<2>;

    /// What samples become on their way to latents, stage by stage, the latents last. A codec of one stage has no others.
    fn stages(&self, x: Tensor<2>) -> Vec<Tensor<2>> {
        vec![self.encode(x)]
    }

    /// `[batch, latents]` to `[batch, features]`.
    fn decode(&self, z: Tensor<2>) -> Tensor<2>;

    /// Root mean square of a latent's numbers, where it is known by construction; `None` where the data decide.
    fn deviation(&self) -> Option<f64> {
        None
    }
}
