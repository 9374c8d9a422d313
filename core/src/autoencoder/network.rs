//! The network of an autoencoder: an encoder and a decoder, with the space between them.

use burn::prelude::*;

use super::coders::Coders;
use super::space::SpaceConfig;
use crate::codec::Codec;
use crate::nn::{Condition, Mode, Network, Parametric};

/// An encoder and a decoder.
pub struct Autoencoder {
    coders: Coders,
    space: SpaceConfig,
}

/// What the encoder says of samples: latents, or Gaussians of latents.
pub struct Posterior {
    /// `[batch, latents]`, in the latents' space.
    pub mean: Tensor<2>,
    /// `[batch, latents]`; `None` where a latent is a point.
    pub log_variance: Option<Tensor<2>>,
}

impl Autoencoder {
    pub(super) fn new(coders: Coders, space: SpaceConfig) -> Self {
        Self { coders, space }
    }

    /// The posterior of each row.
    pub fn posterior(&self, x: Tensor<2>, mode: Mode) -> Posterior {
        let latents = self.latent_shape().iter().product();
        let said = self.coders.encoder.forward(x, &Condition::default(), mode);
        let mean = self.space.place(said.clone().narrow(1, 0, latents));
        // The bounds of Rombach et al.'s code, without which a variance may overflow.
        let variance = || said.clone().narrow(1, latents, latents).clamp(-30.0, 20.0);
        Posterior { mean, log_variance: (said.dims()[1] > latents).then(variance) }
    }

    /// The samples that latents stand for; they are moved into the latents' space first.
    pub fn reconstruct(&self, z: Tensor<2>, mode: Mode) -> Tensor<2> {
        self.coders.decoder.forward(self.space.place(z), &Condition::default(), mode)
    }
}

impl Codec for Autoencoder {
    fn latent_shape(&self) -> &[usize] {
        &self.coders.latent
    }
    fn encode(&self, x: Tensor<2>) -> Tensor<2> {
        self.posterior(x, Mode::Infer).mean
    }
    fn decode(&self, z: Tensor<2>) -> Tensor<2> {
        self.reconstruct(z, Mode::Infer)
    }
    fn deviation(&self) -> Option<f64> {
        self.space.deviation()
    }
}

impl Network for Autoencoder {
    /// The reconstruction; the noise level and the class are not asked for.
    fn forward(&self, x: Tensor<2>, _condition: &Condition, mode: Mode) -> Tensor<2> {
        self.reconstruct(self.posterior(x, mode).mean, mode)
    }
}

impl Parametric for Autoencoder {
    fn parts(&self) -> Vec<(String, &dyn Parametric)> {
        vec![("encoder".into(), &*self.coders.encoder), ("decoder".into(), &*self.coders.decoder)]
    }

    fn parts_mut(&mut self) -> Vec<&mut dyn Parametric> {
        let Coders { encoder, decoder, .. } = &mut self.coders;
        vec![&mut **encoder, &mut **decoder]
    }
}
