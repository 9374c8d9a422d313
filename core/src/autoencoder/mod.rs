//! Autoencoders: samples to few numbers and back.
//!
//! ```text
//! L = ‖x − g(z)‖²/d + kl · KL(N(μ, s²) ‖ N(0, 1))/d,   [μ, ln s²] = f(x),   z = μ + s n
//! ```
//!
//! Rombach et al. 2022, <https://arxiv.org/abs/2112.10752>, section 3.1 and Appendix G; Kingma and Welling 2014,
//! <https://arxiv.org/abs/1312.6114>, Appendix B. Without `kl` a latent is a point, `z = μ`. Both terms are sums over a sample,
//! divided by its `d` numbers, so that `kl` means what it means there. With `damage` it is a denoising or a masked autoencoder.

mod coders;
mod network;
mod space;
mod damage;

use burn::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Result;
use crate::codec::Codec;
use crate::config::check::{at_least, under, within};
use crate::data::Batch;
use crate::latents::Gaussian;
use crate::losses::{Moment, ReconstructionConfig};
use crate::model::{Card, Family, Learning, Model};
use crate::nn::{Init, Interface, Named, Network, Parametric, count, into_own, own};
use crate::random::{Key, Purpose};
use crate::registry::{About, Member};

pub use coders::{CoderConfig, Coders, Coding, Widths};
pub use damage::{Damage, DamageConfig};
pub use network::{Autoencoder, Posterior};
pub use space::{Space, SpaceConfig};

/// An autoencoder.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AutoencoderConfig {
    /// Encoder and decoder.
    pub network: CoderConfig,
    /// Numbers of a latent; of each of its places, where it is a picture.
    pub latents: usize,
    /// Where latents lie.
    pub space: SpaceConfig,
    /// What a difference between a sample and its reconstruction costs.
    pub loss: ReconstructionConfig,
    /// Weight of the divergence of latents from the standard normal; 0 makes a latent a point. Rombach et al. take 1e-6.
    pub kl: f64,
    /// What is done to samples before the encoder sees them while it learns.
    pub damage: DamageConfig,
}

impl Default for AutoencoderConfig {
    fn default() -> Self {
        let named = "the default should be registered";
        Self {
            network: CoderConfig::named("residual").expect(named),
            latents: 4,
            space: SpaceConfig::named("sphere").expect(named),
            loss: ReconstructionConfig::named("l2").expect(named),
            kl: 0.0,
            damage: DamageConfig::named("none").expect(named),
        }
    }
}

impl Member for AutoencoderConfig {
    const ABOUT: About = About {
        summary: "Autoencoder: samples to few numbers and back",
        paper: "Rombach et al. 2022, https://arxiv.org/abs/2112.10752; Kingma and Welling 2014, https://arxiv.org/abs/1312.6114",
    };
}

impl AutoencoderConfig {
    fn check(&self) -> Result<()> {
        at_least("latents", self.latents, 1)?;
        within("kl", self.kl, 0.0, 1e6)?;
        under("damage", self.damage.check())
    }
}

impl Family for AutoencoderConfig {
    fn network(&self, interface: &Interface, init: &Init) -> Result<Box<dyn Network>> {
        self.check()?;
        let given = if self.kl > 0.0 { 2 * self.latents } else { self.latents };
        let widths = Widths::new(given, self.latents);
        under("loss", self.loss.check(&interface.shape))?;
        let coders = under("network", self.network.build(&interface.shape, widths, init))?;
        under("space", self.space.check(coders.latent.iter().product()))?;
        Ok(Box::new(Autoencoder::new(coders, self.space.clone())))
    }

    fn loss(
        &self,
        network: &dyn Network,
        interface: &Interface,
        batch: &Batch,
        learning: &Learning,
    ) -> Tensor<1> {
        let own: &Autoencoder = own(network);
        let x = learning.rows(batch);
        let features = x.dims()[1] as f64;
        let seen = self.damage.done_to(x.clone(), &batch.shape, damage::key(learning.seed, batch.first));
        let Posterior { mean, log_variance } = own.posterior(seen, learning.mode);
        let note = |name: &'static str, value: &Tensor<1>| learning.note(name, value);
        let moment = Moment { step: learning.step, steps: learning.steps, note: &note };
        let cost = |z: Tensor<2>| {
            let reconstruction = own.reconstruct(z, learning.mode);
            self.loss.cost_at(x.clone(), reconstruction, &interface.shape, &moment)
        };
        let Some(log_variance) = log_variance else {
            return cost(mean);
        };
        let noise = Key::new(learning.seed, Purpose::Noise, batch.first);
        let [rows, latents] = mean.dims();
        let posterior = Gaussian { mean, log_variance };
        let cost = cost(posterior.draw(noise.normal_rows(rows, latents, learning.device)));
        cost + posterior.divergences().sum_dim(1).mean() * (self.kl / features)
    }

    fn model(&self, interface: &Interface, network: Box<dyn Network>, _: &Device) -> Result<Box<dyn Model>> {
        // It is told no classes, whether or not the data have some.
        let card = Card::new("autoencoder", &interface.plain(Vec::new()), count(&network.parameters()));
        Ok(Box::new(Trained { card, network: into_own(network) }))
    }

    fn codec<'a>(&self, network: &'a dyn Network) -> Option<&'a dyn Codec> {
        Some(own::<Autoencoder>(network))
    }
}

/// A trained autoencoder.
struct Trained {
    card: Card,
    network: Autoencoder,
}

impl Model for Trained {
    fn card(&self) -> &Card {
        &self.card
    }
    fn codec(&self) -> Option<&dyn Codec> {
        Some(&self.network)
    }
    fn parameters(&self) -> Vec<Named> {
        self.network.parameters()
    }
}

#[cfg(test)]
mod tests;
