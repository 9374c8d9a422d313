//! Priors: how probable latents are before anything is seen, `p(z)`.

mod normal;
mod mixture;
mod vamp;
mod flow;
mod ladder;

use burn::prelude::*;

use super::network::Latent;
use crate::Result;
use crate::latents::Gaussian;
use crate::nn::{Init, Parametric};
use crate::random::Purpose;
use crate::samplers::Noise;

/// A prior's configuration.
pub trait Prior {
    /// Refuses options that its type alone does not.
    fn check(&self) -> Result<()> {
        Ok(())
    }

    /// Refuses latents of so many numbers.
    fn check_latents(&self, _latents: usize) -> Result<()> {
        Ok(())
    }

    /// Whether the encoder's Gaussian is part of it, or it of the posterior: then no flow may follow.
    fn meets_the_encoder(&self) -> bool {
        false
    }

    /// Numbers of the levels above the one that is decoded.
    fn above(&self) -> usize {
        0
    }

    /// The prior of latents of so many numbers on the level that is decoded, of samples of so many.
    fn build(&self, latents: usize, features: usize, init: &Init) -> Box<dyn PriorDensity>;
}

/// What the encoder thinks of rows of samples.
pub type Encode<'a> = dyn Fn(Tensor<2>) -> Gaussian + 'a;

/// A prior with what it has learnt.
pub trait PriorDensity: Parametric {
    /// `ln p(z)`, `[rows, 1]`.
    fn log_density(&self, z: Tensor<2>, encode: &Encode) -> Tensor<2>;

    /// A latent of each row, by the draws `draw` and `draw + 1` of the row's own key.
    fn sample(&self, noise: &Noise, draw: u32, encode: &Encode) -> Tensor<2>;

    /// A latent of each row and `ln q(z|x)`, `[rows, 1]`, where the posterior is made of what the encoder says and of the prior; `None` where
    /// it is the encoder's alone.
    fn draw(&self, _base: &Gaussian, _noise: &Tensor<2>) -> Option<Latent> {
        None
    }

    /// Whether it is the standard normal.
    fn is_standard(&self) -> bool {
        false
    }

    /// What it takes from data before training, `[rows, features]`; says whether it took any.
    fn prepare(&mut self, _rows: Tensor<2>) -> bool {
        false
    }
}

registry! {
    /// The priors that a configuration can name.
    pub enum VaePriorConfig("prior"): dyn Prior {
        "normal" => normal::StandardNormal,
        "mixture" => mixture::GaussianMixture,
        "vamp" => vamp::Vamp,
        "flow" => flow::FlowPrior,
        "ladder" => ladder::Ladder,
    }
}

/// `μ + s n` of one of the components for each row, which the row's own key chooses by these weights, `[1, components]`.
fn drawn_of(components: &Gaussian, log_weights: &Tensor<2>, noise: &Noise, draw: u32) -> Tensor<2> {
    let gumbels = noise.gumbels(Purpose::Noise, log_weights.dims()[1], draw + 1);
    let chosen = (gumbels + log_weights.clone()).argmax(1).reshape([noise.rows]);
    let [mean, log_variance] =
        [&components.mean, &components.log_variance].map(|x| x.clone().select(0, chosen.clone()));
    Gaussian { mean, log_variance }.draw(noise.draw(Purpose::Noise, draw))
}
