//! Objectives: what a variational autoencoder is held to. Each is a loss in nats of an example: sums over its numbers, means over the batch.

mod elbo;
mod iwae;
mod tc;
mod factor;
mod mmd;
mod dip;

use burn::prelude::*;

use super::critic::Critic;
use super::network::{Latent, Read, Variational};
use crate::model::Learning;
use crate::nn::Init;
use crate::random::Purpose;
use crate::samplers::Noise;
use crate::{Error, Result};

pub use dip::Moments;
pub use elbo::Capacity;
#[cfg(test)]
pub(crate) use {factor::permuted, mmd::discrepancy};

/// An objective's configuration.
pub trait VaeObjective {
    /// Refuses options that its type alone does not.
    fn check(&self) -> Result<()>;

    /// What it asks of posterior and prior.
    fn needs(&self) -> Needs {
        Needs::Nothing
    }

    /// What it learns beside the model, for latents of so many numbers.
    fn critic(&self, _latents: usize, _init: &Init) -> Option<Critic> {
        None
    }

    /// The loss, `[1]`.
    fn loss(&self, lesson: &Lesson) -> Tensor<1>;
}

registry! {
    /// The objectives of variational autoencoders that a configuration can name.
    pub enum VaeObjectiveConfig("variational objective"): dyn VaeObjective {
        "elbo" => elbo::Elbo,
        "iwae" => iwae::Iwae,
        "tc" => tc::Tc,
        "factor" => factor::Factor,
        "mmd" => mmd::Mmd,
        "dip" => dip::Dip,
    }
}

/// What an objective asks of posterior and prior.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// Nothing.
    Nothing,
    /// A Gaussian posterior.
    Gaussian,
    /// A Gaussian posterior and the standard normal prior: the divergence of each number of a latent.
    Normal,
}

impl Needs {
    /// Refuses parts that are not as asked, in the name of `objective`.
    pub(super) fn check(self, objective: &str, posterior: &str, prior: &str) -> Result<()> {
        let refused = |path: &str, wanted: &str, found: &str| {
            Err(Error::config(
                path,
                format!(
                    "`{objective}`, set as it is, looks at single numbers of a latent: wanted `{wanted}`; this is `{found}`"
                ),
            ))
        };
        match self {
            Self::Gaussian | Self::Normal if posterior != "diagonal" => {
                refused("posterior", "diagonal", posterior)
            }
            Self::Gaussian if prior == "ladder" => refused("prior", "normal", prior),
            Self::Normal if prior != "normal" => refused("prior", "normal", prior),
            _ => Ok(()),
        }
    }
}

/// A batch to learn from, which the encoder has read.
pub struct Lesson<'a> {
    pub(super) network: &'a Variational,
    pub(super) x: Tensor<2>,
    /// One-hot, where classes are told.
    pub(super) class: Option<Tensor<2>>,
    /// Keys of the batch's noise, as wide as latents.
    pub(super) noise: Noise,
    pub(super) learning: &'a Learning<'a>,
    pub(super) read: Read,
}

impl Lesson<'_> {
    /// A latent of each row, by the draw of this number.
    fn draw(&self, draw: u32) -> Latent {
        self.network.draw(&self.read, self.noise.draw(Purpose::Noise, draw))
    }

    /// `ln p(x|z)`, `[rows, 1]`.
    fn log_likelihood(&self, z: Tensor<2>) -> Tensor<2> {
        self.network.log_likelihood(self.x.clone(), z, self.class.as_ref(), self.learning.mode)
    }

    /// `KL(q(z|x) ‖ p(z))`, `[rows, 1]`.
    fn divergence(&self, drawn: &Latent) -> Tensor<2> {
        self.network.divergence(&self.read, drawn, self.learning.mode)
    }

    /// A latent of each row, what it costs to write the row down given it, and the divergence, both means over the batch, `[1]`, and noted.
    fn terms(&self) -> (Latent, [Tensor<1>; 2]) {
        let drawn = self.draw(0);
        let reconstruction = -self.log_likelihood(drawn.z.clone()).mean();
        let kl = self.divergence(&drawn).mean();
        self.learning.note("reconstruction", &reconstruction);
        self.learning.note("kl", &kl);
        (drawn, [reconstruction, kl])
    }
}

/// The covariance of a batch's latents, `[latents, latents]`.
fn covariance(z: &Tensor<2>) -> Tensor<2> {
    let rows = z.dims()[0];
    let away = z.clone() - z.clone().mean_dim(0);
    away.clone().transpose().matmul(away) / (rows.max(2) - 1) as f64
}
