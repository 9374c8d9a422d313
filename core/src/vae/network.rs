//! The network of a variational autoencoder: encoder, posterior, prior, decoder and observation model, each with what it learns.

use burn::prelude::*;

use super::critic::Critic;
use super::observation::Observed;
use super::posterior::Inference;
use super::prior::PriorDensity;
use crate::autoencoder::Coders;
use crate::codec::Codec;
use crate::latents::{Gaussian, LatentSpace};
use crate::nn::{Condition, Mode, Network, Parametric};
use crate::samplers::Noise;

/// All that is learnt.
pub struct Variational {
    pub(super) coders: Coders,
    /// Shape of a latent.
    pub(super) latent: Vec<usize>,
    pub(super) posterior: Box<dyn Inference>,
    pub(super) prior: Box<dyn PriorDensity>,
    pub(super) observation: Box<dyn Observed>,
    /// Tells latents from those whose numbers are independent.
    pub(super) critic: Option<Critic>,
}

/// What the encoder says of rows.
#[derive(Clone)]
pub struct Read {
    /// What a latent is drawn from, before its flow.
    pub base: Gaussian,
    /// All that was said: `[μ, ln s², context]`, of which a flow takes the last.
    pub said: Tensor<2>,
}

impl Read {
    /// The same rows, so many times over, one round after the other.
    pub fn repeated(&self, times: usize) -> Self {
        Self { base: self.base.repeated(times), said: self.said.clone().repeat_dim(0, times) }
    }
}

/// Latents that were drawn, and how likely they were.
#[derive(Clone)]
pub struct Latent {
    /// `[rows, latents]`.
    pub z: Tensor<2>,
    /// `ln q(z|x)`, `[rows, 1]`.
    pub log_q: Tensor<2>,
}

/// The class of each row, one-hot.
pub(super) type Class<'a> = Option<&'a Tensor<2>>;

impl Variational {
    /// Numbers in a latent.
    pub fn latents(&self) -> usize {
        self.latent.iter().product()
    }

    /// What the encoder says of `x`.
    pub(super) fn read(&self, x: Tensor<2>, class: Class, mode: Mode) -> Read {
        let latents = self.latents();
        let said = self.coders.encoder.forward(self.observation.seen(x), &told(class), mode);
        let [mean, log_variance] = [0, latents].map(|from| said.clone().narrow(1, from, latents));
        // Bounds without which a variance may overflow.
        let base = Gaussian { mean, log_variance: log_variance.clamp(-30.0, 20.0) };
        Read { base, said }
    }

    /// A latent of each row, by this noise.
    pub(super) fn draw(&self, read: &Read, noise: Tensor<2>) -> Latent {
        if let Some(drawn) = self.prior.draw(&read.base, &noise) {
            return drawn;
        }
        let start = read.base.draw(noise);
        let log_start = read.base.log_densities(start.clone()).sum_dim(1);
        let (z, log_slope) = self.posterior.flow(start, &read.said);
        Latent { z, log_q: log_start - log_slope }
    }

    /// Where no noise leads to: the mean, and what it flows to.
    pub(super) fn centre(&self, read: &Read) -> Tensor<2> {
        self.draw(read, read.base.mean.zeros_like()).z
    }

    /// What the decoder says of latents; of several levels it sees the lowest.
    pub(super) fn said(&self, z: Tensor<2>, class: Class, mode: Mode) -> Tensor<2> {
        let lowest = self.coders.latent.iter().product();
        self.coders.decoder.forward(z.narrow(1, 0, lowest), &told(class), mode)
    }

    /// `ln p(x|z)`, `[rows, 1]`.
    pub(super) fn log_likelihood(&self, x: Tensor<2>, z: Tensor<2>, class: Class, mode: Mode) -> Tensor<2> {
        self.observation.log_density(self.said(z, class, mode), x)
    }

    /// `ln p(z)`, `[rows, 1]`.
    pub(super) fn log_prior(&self, z: Tensor<2>, mode: Mode) -> Tensor<2> {
        self.prior.log_density(z, &|x| self.read(x, None, mode).base)
    }

    /// Latents of the prior, by the draws `draw` and `draw + 1` of this noise's keys.
    pub(super) fn prior_draw(&self, noise: &Noise, draw: u32) -> Tensor<2> {
        self.prior.sample(noise, draw, &|x| self.read(x, None, Mode::Infer).base)
    }

    /// Whether the posterior is a Gaussian and the prior the standard normal, so that their divergence is known without drawing.
    pub(super) fn is_normal(&self) -> bool {
        self.posterior.is_gaussian() && self.prior.is_standard()
    }

    /// `KL(q(z|x) ‖ p(z))`, `[rows, 1]`: of two normals as it is, else as this draw estimates it.
    pub(super) fn divergence(&self, read: &Read, drawn: &Latent, mode: Mode) -> Tensor<2> {
        if self.is_normal() {
            return read.base.divergences().sum_dim(1);
        }
        drawn.log_q.clone() - self.log_prior(drawn.z.clone(), mode)
    }
}

fn told(class: Class) -> Condition {
    Condition { class: class.cloned(), ..Condition::default() }
}

impl LatentSpace for Variational {
    fn posterior(&self, x: Tensor<2>, classes: Option<Tensor<2>>) -> Gaussian {
        let read = self.read(x, classes.as_ref(), Mode::Infer);
        Gaussian { mean: self.centre(&read), log_variance: read.base.log_variance }
    }

    fn mean(&self, z: Tensor<2>, classes: Option<Tensor<2>>) -> Tensor<2> {
        self.observation.mean(self.said(z, classes.as_ref(), Mode::Infer))
    }
}

/// Samples of no class.
impl Codec for Variational {
    fn latent_shape(&self) -> &[usize] {
        &self.latent
    }
    fn encode(&self, x: Tensor<2>) -> Tensor<2> {
        self.posterior(x, None).mean
    }
    fn decode(&self, z: Tensor<2>) -> Tensor<2> {
        self.mean(z, None)
    }
}

impl Network for Variational {
    /// The reconstruction; the noise level is not asked for.
    fn forward(&self, x: Tensor<2>, condition: &Condition, mode: Mode) -> Tensor<2> {
        let class = condition.class.as_ref();
        let z = self.centre(&self.read(x, class, mode));
        self.observation.mean(self.said(z, class, mode))
    }
}

impl Parametric for Variational {
    fn parts(&self) -> Vec<(String, &dyn Parametric)> {
        let mut parts: Vec<(String, &dyn Parametric)> = vec![
            ("encoder".into(), &*self.coders.encoder),
            ("decoder".into(), &*self.coders.decoder),
            ("posterior".into(), &*self.posterior),
            ("prior".into(), &*self.prior),
            ("observation".into(), &*self.observation),
        ];
        if let Some(critic) = &self.critic {
            parts.push(("critic".into(), critic));
        }
        parts
    }

    fn parts_mut(&mut self) -> Vec<&mut dyn Parametric> {
        let Coders { encoder, decoder, .. } = &mut self.coders;
        let mut parts: Vec<&mut dyn Parametric> = vec![
            &mut **encoder,
            &mut **decoder,
            &mut *self.posterior,
            &mut *self.prior,
            &mut *self.observation,
        ];
        if let Some(critic) = &mut self.critic {
            parts.push(critic);
        }
        parts
    }
}
