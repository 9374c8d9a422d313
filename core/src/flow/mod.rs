//! Normalizing flows: a chain of bijections between data and a base distribution whose density is known.
//!
//! ```text
//! z = f_n ∘ … ∘ f_1 (x),   log p(x) = log p_base(z) + Σ_i ln |det ∂f_i|,   x = f_1⁻¹ ∘ … ∘ f_n⁻¹ (z)
//! ```
//!
//! Rezende and Mohamed 2015, <https://arxiv.org/abs/1505.05770>; Papamakarios et al. 2021, <https://arxiv.org/abs/1912.02762>. From data to
//! base is the normalising direction, back is the generative one. A flow is a product: which bijections, of which elements, on which base.
//! "RealNVP" is a configuration: couplings of affine elements.

mod bijection;
mod partition;
pub mod elements;
pub mod conditioners;
mod masked;
mod sequence;
pub mod transforms;
pub mod bases;
pub mod dequantisation;
mod chain;
mod trained;
mod generation;
pub mod target;

use std::any::Any;

use burn::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Result;
use crate::config::check::{at_least, within};
use crate::data::Batch;
use crate::model::{Card, Family, Learning, Model};
use crate::nn::{Init, Interface, Network, Parametric, Trace, count, one_hot};
use crate::registry::{About, Member};
use crate::samplers::Noise;

use bases::BaseConfig;
use chain::Chain;
use dequantisation::DequantisationConfig;
use transforms::TransformConfig;

pub use bijection::{Bijection, Built, Map, Place};
pub use masked::MaskedConfig;
pub use partition::{Mask, Partition};
pub use trained::Flow;

/// A normalizing flow.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct FlowConfig {
    /// The bijections from the data's side to the base's.
    pub transforms: Vec<TransformConfig>,
    /// How often all of them follow one another.
    pub repeat: usize,
    /// The distribution that data are carried to.
    pub base: BaseConfig,
    /// What makes numbers of discrete data, such as bytes.
    pub dequantisation: DequantisationConfig,
    /// How often the class is hidden while learning; 1 learns without classes.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub label_dropout: f64,
}

impl Default for FlowConfig {
    fn default() -> Self {
        let named = "the default should be registered";
        Self {
            transforms: vec![TransformConfig::named("coupling").expect(named)],
            repeat: 8,
            base: BaseConfig::named("normal").expect(named),
            dequantisation: DequantisationConfig::named("none").expect(named),
            label_dropout: 1.0,
        }
    }
}

impl Member for FlowConfig {
    const ABOUT: About = About {
        summary: "Normalizing flow: a chain of bijections over a base distribution, with an exact density",
        paper: "Rezende and Mohamed 2015, https://arxiv.org/abs/1505.05770; Papamakarios et al. 2021, https://arxiv.org/abs/1912.02762",
    };
}

/// The draw by which classes are hidden: dequantisations take those before.
const HIDING: u32 = 2;

impl FlowConfig {
    fn check(&self) -> Result<()> {
        at_least("repeat", self.repeat, 1)?;
        within("label_dropout", self.label_dropout, 0.0, 1.0)
    }

    /// The classes that this model is told of. Tokens are to it numbers like any other.
    fn interface(&self, interface: &Interface) -> Interface {
        let classes = if self.label_dropout < 1.0 { interface.classes.clone() } else { Vec::new() };
        Interface { classes, vocabulary: None, ..interface.clone() }
    }

    /// A batch as it is learnt from, what its log-probability exceeds its log-density by, and its classes, one-hot.
    fn read(&self, own: &Chain, batch: &Batch, learning: &Learning) -> ([Tensor<2>; 2], Option<Tensor<2>>) {
        let x = learning.rows(batch);
        let [rows, features] = x.dims();
        let device = learning.device.clone();
        let noise = Noise { seed: learning.seed, first: batch.first, rows, features, device };
        let classes = || learning.classes_by(batch, self.label_dropout, HIDING);
        let told = || one_hot(&classes(), own.told(), learning.device);
        (own.spread(x, &noise, learning.mode), (own.told() > 0).then(told))
    }
}

impl Family for FlowConfig {
    fn network(&self, interface: &Interface, init: &Init) -> Result<Box<dyn Network>> {
        self.check()?;
        Ok(Box::new(Chain::build(self, &self.interface(interface), init)?))
    }

    /// The negative log-likelihood in nats a sample.
    fn loss(
        &self,
        network: &dyn Network,
        _interface: &Interface,
        batch: &Batch,
        learning: &Learning,
    ) -> Tensor<1> {
        let own = chain(network);
        let ([x, more], told) = self.read(own, batch, learning);
        -(own.log_prob(x, told.as_ref(), learning.mode) + more).mean()
    }

    fn trace(&self, network: &dyn Network, batch: &Batch, learning: &Learning) -> Option<Trace> {
        let own = chain(network);
        let (rows, told) = self.read(own, batch, learning);
        Some(own.trace(rows, told.as_ref(), learning.mode))
    }

    fn prepare(&self, network: &mut dyn Network, batch: &Batch, learning: &Learning) -> bool {
        let network: &mut dyn Any = network;
        let own = network.downcast_mut::<Chain>().expect(OWN);
        let ([x, _], told) = self.read(own, batch, learning);
        own.prepare(&x, told.as_ref())
    }

    fn model(
        &self,
        interface: &Interface,
        network: Box<dyn Network>,
        device: &Device,
    ) -> Result<Box<dyn Model>> {
        let network: Box<dyn Any> = network;
        let chain = *network.downcast::<Chain>().expect(OWN);
        let interface = self.interface(interface);
        let card = Card::new("flow", &interface, count(&chain.parameters()));
        Ok(Box::new(Flow::new(self.clone(), card, chain, device)))
    }
}

const OWN: &str = "a flow should be given the network that it has built";

fn chain(network: &dyn Network) -> &Chain {
    let network: &dyn Any = network;
    network.downcast_ref::<Chain>().expect(OWN)
}

#[cfg(test)]
mod tests;
