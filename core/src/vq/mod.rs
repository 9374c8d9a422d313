//! Autoencoders whose latents are codes: VQ-VAE, with codebooks that are learnt or implicit.
//!
//! ```text
//! L = cost(g(q), x) + penalty,   q = quantised f(x)
//! ```
//!
//! van den Oord et al. 2017, <https://arxiv.org/abs/1711.00937>, Eq. 3, where the penalty is `β` times the mean square distance between
//! the encoder's vectors and their codes.

mod network;
mod quantisers;

use burn::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Result;
use crate::autoencoder::{CoderConfig, Widths};
use crate::codebook::{Codebook, perplexity, tally};
use crate::codec::Codec;
use crate::config::check::{at_least, under};
use crate::data::Batch;
use crate::losses::{Moment, ReconstructionConfig};
use crate::model::{Card, Family, Learning, Model};
use crate::nn::{Init, Interface, Mode, Named, Network, Parametric, count, into_own, own, own_mut};
use crate::random::{Key, Purpose};
use crate::registry::{About, Member};

pub use network::VqVae;
pub use quantisers::{
    CodebookConfig, MatchConfig, PassConfig, Quantised, Quantiser, QuantiserConfig, Quantising,
};

/// An autoencoder into codes.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct VqConfig {
    /// Encoder and decoder.
    pub network: CoderConfig,
    /// Numbers of the vector that is quantised: of each place, where the latents are a picture.
    pub dimensions: usize,
    /// Vectors to codes.
    pub quantiser: QuantiserConfig,
    /// What a difference between a sample and its reconstruction costs.
    pub loss: ReconstructionConfig,
}

impl Default for VqConfig {
    fn default() -> Self {
        let named = "the default should be registered";
        Self {
            network: CoderConfig::named("residual").expect(named),
            dimensions: 16,
            quantiser: QuantiserConfig::named("vq").expect(named),
            loss: ReconstructionConfig::named("l2").expect(named),
        }
    }
}

impl Member for VqConfig {
    const ABOUT: About = About {
        summary: "Autoencoder into codes: VQ-VAE, residual, finite scalar and lookup-free quantisation",
        paper: "van den Oord et al. 2017, https://arxiv.org/abs/1711.00937",
    };
}

impl Family for VqConfig {
    fn network(&self, interface: &Interface, init: &Init) -> Result<Box<dyn Network>> {
        at_least("dimensions", self.dimensions, 1)?;
        let quantiser = under("quantiser", self.quantiser.build(self.dimensions, &init.at("quantiser")))?;
        under("loss", self.loss.check(&interface.shape))?;
        let widths = Widths::new(self.dimensions, self.dimensions);
        let coders = under("network", self.network.build(&interface.shape, widths, init))?;
        Ok(Box::new(VqVae::new(coders, quantiser)))
    }

    fn loss(
        &self,
        network: &dyn Network,
        interface: &Interface,
        batch: &Batch,
        learning: &Learning,
    ) -> Tensor<1> {
        let own = own::<VqVae>(network);
        let x = learning.rows(batch);
        let Quantised { vectors, codes, distance, penalty } =
            own.quantiser().quantise(own.vectors(x.clone(), learning.mode));
        let note = |name: &'static str, value: &Tensor<1>| learning.note(name, value);
        let moment = Moment { step: learning.step, steps: learning.steps, note: &note };
        let reconstruction = own.reconstruct(vectors, learning.mode);
        let cost = self.loss.cost_at(x, reconstruction, &interface.shape, &moment);
        learning.note("reconstruction", &cost);
        learning.note("commitment", &distance);
        let tally = tally(codes.without_autodiff(), own.depth(), own.size());
        learning.note("perplexity", &perplexity(tally));
        cost + penalty
    }

    fn prepare(&self, network: &mut dyn Network, batch: &Batch, learning: &Learning) -> bool {
        let own = own_mut::<VqVae>(network);
        if !own.quantiser().follows() {
            return false;
        }
        let z = seen(own, batch, learning);
        own.quantiser_mut().prepare(z, key(batch, learning))
    }

    fn follow(&self, network: &mut dyn Network, batch: &Batch, learning: &Learning) -> bool {
        let own = own_mut::<VqVae>(network);
        if !own.quantiser().follows() {
            return false;
        }
        let z = seen(own, batch, learning);
        own.quantiser_mut().follow(z, key(batch, learning));
        true
    }

    fn model(&self, interface: &Interface, network: Box<dyn Network>, _: &Device) -> Result<Box<dyn Model>> {
        // It is told no classes, whether or not the data have some.
        let card = Card::new("vqvae", &interface.plain(Vec::new()), count(&network.parameters()));
        Ok(Box::new(Trained { card, network: into_own(network) }))
    }

    fn codec<'a>(&self, network: &'a dyn Network) -> Option<&'a dyn Codec> {
        Some(own::<VqVae>(network))
    }

    fn codebook<'a>(&self, network: &'a dyn Network) -> Option<&'a dyn Codebook> {
        Some(own::<VqVae>(network))
    }

    fn frozen(&self) -> &'static [&'static str] {
        self.quantiser.frozen()
    }

    fn borrowed(&self) -> &'static [&'static str] {
        &[]
    }
}

/// The vectors of a batch, without autodiff.
fn seen(network: &VqVae, batch: &Batch, learning: &Learning) -> Tensor<2> {
    let x = learning.rows(batch).without_autodiff();
    network.vectors(x, Mode::Infer).without_autodiff()
}

/// Which vectors of a batch codes are moved to.
fn key(batch: &Batch, learning: &Learning) -> Key {
    Key::new(learning.seed, Purpose::Coupling, batch.first)
}

/// A trained VQ-VAE.
struct Trained {
    card: Card,
    network: VqVae,
}

impl Model for Trained {
    fn card(&self) -> &Card {
        &self.card
    }
    fn codec(&self) -> Option<&dyn Codec> {
        Some(&self.network)
    }
    fn codes(&self) -> Option<&dyn Codebook> {
        Some(&self.network)
    }
    fn parameters(&self) -> Vec<Named> {
        self.network.parameters()
    }
}

#[cfg(test)]
mod tests;
