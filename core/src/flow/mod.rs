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
mod chain;
mod conditioner;
mod masked;
pub mod elements;
pub mod transforms;
pub mod bases;
mod trained;
mod generation;

use std::any::Any;

use burn::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Result;
use crate::config::check::{at_least, not_empty, within};
use crate::data::Batch;
use crate::likelihood::Cells;
use crate::model::{Card, Family, Learning, Model};
use crate::nn::{Init, Interface, Network, count, one_hot};
use crate::registry::{About, Member};
use crate::samplers::Noise;

use bases::BaseConfig;
use chain::Chain;
use transforms::TransformConfig;

pub use bijection::{Bijection, Built, Map, Place};
pub use conditioner::{Conditioner, ConditionerConfig};
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
    /// Levels of discrete data in [-1, 1], such as 256 of bytes: a uniform draw within its cell is added to each number while learning; 0
    /// leaves the data as they are.
    pub levels: u32,
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
            levels: 0,
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

impl FlowConfig {
    fn check(&self) -> Result<()> {
        not_empty("transforms", &self.transforms)?;
        at_least("repeat", self.repeat, 1)?;
        within("label_dropout", self.label_dropout, 0.0, 1.0)?;
        if self.levels > 0 { at_least("levels", self.levels as usize, 2) } else { Ok(()) }
    }

    /// The classes that this model is told of. Tokens are to it numbers like any other.
    fn interface(&self, interface: &Interface) -> Interface {
        let classes = if self.label_dropout < 1.0 { interface.classes.clone() } else { Vec::new() };
        Interface { classes, vocabulary: None, ..interface.clone() }
    }

    /// The cells of discrete data.
    fn cells(&self) -> Option<Cells> {
        (self.levels > 0).then_some(Cells { low: -1.0, high: 1.0, count: self.levels })
    }

    /// A batch as it is learnt from, and its classes, one-hot.
    fn read(&self, batch: &Batch, known: usize, learning: &Learning) -> (Tensor<2>, Option<Tensor<2>>) {
        let x = learning.rows(batch);
        let [rows, features] = x.dims();
        let device = learning.device.clone();
        let noise = Noise { seed: learning.seed, first: batch.first, rows, features, device };
        let x = self.cells().map_or(x.clone(), |cells| cells.spread(x, &noise));
        let told = || one_hot(&learning.classes(batch, self.label_dropout), known, learning.device);
        (x, (known > 0).then(told))
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
        let (x, told) = self.read(batch, own.told(), learning);
        let features = x.dims()[1] as f64;
        let cells = self.cells().map_or(0.0, |cells| features * cells.width().ln());
        -(own.log_prob(x, told.as_ref(), learning.mode).mean() + cells)
    }

    fn prepare(&self, network: &mut dyn Network, batch: &Batch, learning: &Learning) -> bool {
        let network: &mut dyn Any = network;
        let own = network.downcast_mut::<Chain>().expect(OWN);
        let (x, told) = self.read(batch, own.told(), learning);
        own.prepare(x, told.as_ref())
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
