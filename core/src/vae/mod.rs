//! Variational autoencoders: latents of a known distribution, and samples given them.
//!
//! ```text
//! ln p(x) ≥ E_{q(z|x)} ln p(x|z) − KL(q(z|x) ‖ p(z))
//! ```
//!
//! Kingma and Welling 2014, <https://arxiv.org/abs/1312.6114>; Rezende et al. 2014, <https://arxiv.org/abs/1401.4082>. A model is a product of
//! encoder and decoder, observation model `p(x|z)`, posterior `q(z|x)`, prior `p(z)` and objective. Told the class of a sample, encoder and
//! decoder are those of Sohn et al. 2015, <https://papers.nips.cc/paper/5775>; their prior is not.

mod critic;
pub mod observation;
pub mod posterior;
pub mod prior;
pub mod objective;
mod network;
mod trained;
mod drawing;
mod likelihood;

use std::rc::Rc;

use burn::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::autoencoder::{CoderConfig, Widths};
use crate::codec::Codec;
use crate::config::check::{at_least, under, within};
use crate::data::{Batch, Dataset};
use crate::model::{Card, Family, Learning, Model};
use crate::nn::{Init, Interface, Network, count, into_own, one_hot, own, own_mut};
use crate::registry::{About, Member};
use crate::samplers::Noise;
use crate::{Error, Result};

pub use network::Variational;
pub use objective::VaeObjectiveConfig;
pub use observation::ObservationConfig;
pub use posterior::VaePosteriorConfig;
pub use prior::VaePriorConfig;
pub use trained::Vae;

use objective::Lesson;

/// A variational autoencoder.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct VaeConfig {
    /// Encoder and decoder.
    pub network: CoderConfig,
    /// Numbers of a latent; of each of its places, where it is a picture.
    pub latents: usize,
    /// What the decoder's numbers say of a sample.
    pub decoder: ObservationConfig,
    /// How latents are drawn given a sample.
    pub posterior: VaePosteriorConfig,
    /// How probable latents are before anything is seen.
    pub prior: VaePriorConfig,
    /// What is learnt by.
    pub objective: VaeObjectiveConfig,
    /// How often the class is hidden from the network; at 1 it is never told, and the model has no classes.
    pub label_dropout: f64,
    /// What is drawn of a sample given its latent.
    pub shown: Shown,
}

/// What is drawn of a sample given its latent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Shown {
    /// The mean.
    #[default]
    Mean,
    /// A sample of the observation model.
    Sample,
}

impl Default for VaeConfig {
    fn default() -> Self {
        let named = "the default should be registered";
        Self {
            network: CoderConfig::named("mlp").expect(named),
            latents: 20,
            decoder: ObservationConfig::named("gaussian").expect(named),
            posterior: VaePosteriorConfig::named("diagonal").expect(named),
            prior: VaePriorConfig::named("normal").expect(named),
            objective: VaeObjectiveConfig::named("elbo").expect(named),
            label_dropout: 1.0,
            shown: Shown::Mean,
        }
    }
}

impl Member for VaeConfig {
    const ABOUT: About = About {
        summary: "Variational autoencoder: latents of a known distribution, and samples given them",
        paper: "Kingma and Welling 2014, https://arxiv.org/abs/1312.6114",
    };
}

impl VaeConfig {
    fn check(&self) -> Result<()> {
        at_least("latents", self.latents, 1)?;
        under("decoder", self.decoder.check())?;
        under("posterior", self.posterior.check())?;
        under("prior", self.prior.check())?;
        under("objective", self.objective.check())?;
        within("label_dropout", self.label_dropout, 0.0, 1.0)?;
        let posterior = self.posterior.name();
        if self.prior.meets_the_encoder() && posterior != "diagonal" {
            let message = format!(
                "`{}` and the encoder's Gaussian are made of one another: wanted the posterior `diagonal`; this is `{posterior}`",
                self.prior.name()
            );
            return Err(Error::config("prior", message));
        }
        self.objective.needs().check(self.objective.name(), posterior, self.prior.name())
    }

    /// Whether it learns to do without a class of these.
    pub(crate) fn does_without(&self, classes: &[String]) -> bool {
        classes.is_empty() || self.label_dropout > 0.0
    }

    /// The interface, with the classes that it is told.
    fn told(&self, interface: &Interface) -> Interface {
        let hidden = self.label_dropout >= 1.0;
        let classes = if hidden { Vec::new() } else { interface.classes.clone() };
        interface.plain(classes)
    }

    /// Shape of a latent, all levels of it.
    fn latent(&self, lowest: &[usize]) -> Result<Vec<usize>> {
        match (self.prior.above(), lowest) {
            (0, _) => Ok(lowest.to_vec()),
            (above, [lowest]) => Ok(vec![lowest + above]),
            _ => {
                let message = "levels are rows of numbers, and these latents are pictures; take the network `mlp` or `convolutional`";
                Err(Error::config("prior", message))
            }
        }
    }

    fn widths(&self, classes: usize) -> Widths {
        let given = (2 + self.posterior.context()) * (self.latents + self.prior.above());
        Widths { given, taken: self.latents, outputs: self.decoder.outputs(), told: classes }
    }
}

impl Family for VaeConfig {
    fn network(&self, interface: &Interface, init: &Init) -> Result<Box<dyn Network>> {
        self.check()?;
        let features = interface.features();
        let widths = self.widths(self.told(interface).classes.len());
        let coders = under("network", self.network.build(&interface.shape, widths, init))?;
        let lowest = coders.latent.iter().product();
        under("prior", self.prior.check_latents(lowest))?;
        let latent = self.latent(&coders.latent)?;
        let latents = latent.iter().product();
        Ok(Box::new(Variational {
            latent,
            posterior: self.posterior.build(latents, &init.at("posterior")),
            prior: self.prior.build(lowest, features, &init.at("prior")),
            observation: self.decoder.build(features, &init.at("observation")),
            critic: self.objective.critic(latents, &init.at("critic")),
            coders,
        }))
    }

    fn check_data(&self, dataset: &dyn Dataset) -> Result<()> {
        self.decoder.support().check(self.decoder.name(), dataset)
    }

    fn loss(
        &self,
        network: &dyn Network,
        interface: &Interface,
        batch: &Batch,
        learning: &Learning,
    ) -> Tensor<1> {
        let network = own::<Variational>(network);
        let x = learning.rows(batch);
        let classes = self.told(interface).classes.len();
        let told = || one_hot(&learning.classes(batch, self.label_dropout), classes, learning.device);
        let class = (classes > 0).then(told);
        let noise = Noise {
            seed: learning.seed,
            first: batch.first,
            rows: x.dims()[0],
            features: network.latents(),
            device: learning.device.clone(),
        };
        let read = network.read(x.clone(), class.as_ref(), learning.mode);
        self.objective.loss(&Lesson { network, x, class, noise, learning, read })
    }

    fn prepare(&self, network: &mut dyn Network, batch: &Batch, learning: &Learning) -> bool {
        own_mut::<Variational>(network).prior.prepare(learning.rows(batch))
    }

    fn model(
        &self,
        interface: &Interface,
        network: Box<dyn Network>,
        device: &Device,
    ) -> Result<Box<dyn Model>> {
        let card = Card::new("vae", &self.told(interface), count(&network.parameters()));
        let network = Rc::new(into_own(network));
        Ok(Box::new(Vae { card, config: self.clone(), network, device: device.clone() }))
    }

    fn codec<'a>(&self, network: &'a dyn Network) -> Option<&'a dyn Codec> {
        Some(own::<Variational>(network))
    }
}

#[cfg(test)]
mod tests;
