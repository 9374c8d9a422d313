//! An autoregressive prior: each code given those before it, in the order of lines of text.
//!
//! ```text
//! p(k) = Π_i p(k_i | k_{<i}, class)
//! ```
//!
//! A causal transformer (Vaswani et al. 2017, <https://arxiv.org/abs/1706.03762>; Esser et al. 2021,
//! <https://arxiv.org/abs/2012.09841>, section 3.2), normalised before each part. Its likelihood of codes is exact.

mod network;
mod drawing;

use std::rc::Rc;

use burn::prelude::*;
use burn::tensor::activation::log_softmax;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::check::{at_least, divisible, positive, under, within};
use crate::data::{Batch, Vocabulary};
use crate::decoding::Decoding;
use crate::likelihood::{Counted, Estimation, Likelihood, LikelihoodConfig, Query};
use crate::model::{Card, Family, Generate, Generation, Helpers, Learning, Model, Request};
use crate::nn::{
    Condition, Init, Interface, Mode, Named, Network, Parametric, count, into_own, one_hot, own,
};
use crate::registry::{About, Member};
use crate::{Error, Result};

use network::Causal;

/// A causal transformer over tokens.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AutoregressiveConfig {
    /// Channels of a token.
    pub hidden: usize,
    /// Blocks.
    pub depth: usize,
    /// Attention heads; must divide `hidden`.
    pub heads: usize,
    /// Width of a block's perceptron, as a multiple of `hidden`.
    pub mlp_ratio: f64,
    /// Probability of dropping an activation while training.
    pub dropout: f64,
    /// How often the class is hidden while learning, for classifier-free guidance; 1 learns without classes.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub label_dropout: f64,
    /// How to sample where a request does not say.
    pub sampling: CausalSampling,
}

/// How to sample.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CausalSampling {
    /// Scale of classifier-free guidance; 1 is none.
    pub guidance: f64,
    /// How tokens are drawn; one after the other.
    pub decoding: Decoding,
}

impl Default for CausalSampling {
    fn default() -> Self {
        Self { guidance: 1.0, decoding: Decoding::default() }
    }
}

impl Default for AutoregressiveConfig {
    fn default() -> Self {
        Self {
            hidden: 128,
            depth: 4,
            heads: 4,
            mlp_ratio: 4.0,
            dropout: 0.1,
            label_dropout: 0.1,
            sampling: CausalSampling::default(),
        }
    }
}

impl Member for AutoregressiveConfig {
    const ABOUT: About = About {
        summary: "Causal transformer: each token given those before it",
        paper: "Esser et al. 2021, https://arxiv.org/abs/2012.09841",
    };
}

impl AutoregressiveConfig {
    fn check(&self) -> Result<()> {
        at_least("hidden", self.hidden, 1)?;
        at_least("depth", self.depth, 1)?;
        at_least("heads", self.heads, 1)?;
        divisible("hidden", self.hidden, self.heads, "heads")?;
        positive("mlp_ratio", self.mlp_ratio)?;
        within("dropout", self.dropout, 0.0, 0.9)?;
        within("label_dropout", self.label_dropout, 0.0, 1.0)?;
        within("sampling.guidance", self.sampling.guidance, 0.0, 1e3)?;
        under("sampling.decoding", check_decoding(&self.sampling.decoding))
    }

    /// The classes that this model is told of.
    fn interface(&self, interface: &Interface) -> Interface {
        let classes = if self.label_dropout < 1.0 { interface.classes.clone() } else { Vec::new() };
        Interface { classes, ..interface.clone() }
    }
}

/// Refuses a decoder that decides tokens in another order.
fn check_decoding(decoding: &Decoding) -> Result<()> {
    decoding.check()?;
    if !decoding.decoder.wants_mask() {
        return Ok(());
    }
    let name = decoding.decoder.name();
    let message = format!("tokens are drawn one after the other: wanted `ancestral`; this is `{name}`");
    Err(Error::config("decoder", message))
}

impl Family for AutoregressiveConfig {
    fn network(&self, interface: &Interface, init: &Init) -> Result<Box<dyn Network>> {
        self.check()?;
        let vocabulary = interface.vocabulary.as_ref().map_or(0, Vocabulary::size);
        if vocabulary == 0 {
            return Err(Error::argument("an autoregressive prior learns tokens, these data are numbers"));
        }
        let interface = self.interface(interface);
        Ok(Box::new(Causal::new(self, [interface.features(), vocabulary, interface.classes.len()], init)))
    }

    /// In nats a token.
    fn loss(
        &self,
        network: &dyn Network,
        interface: &Interface,
        batch: &Batch,
        learning: &Learning,
    ) -> Tensor<1> {
        let known = self.interface(interface).classes.len();
        let classes = learning.classes(batch, self.label_dropout);
        let class = (known > 0).then(|| one_hot(&classes, known, learning.device));
        let x = learning.rows(batch);
        -log_p(own(network), &x, class, learning.mode).mean()
    }

    fn model(
        &self,
        interface: &Interface,
        network: Box<dyn Network>,
        device: &Device,
    ) -> Result<Box<dyn Model>> {
        self.check()?;
        let interface = self.interface(interface);
        let card = Card::new("autoregressive", &interface, count(&network.parameters()));
        let network = into_own(network);
        let (config, classes) = (self.clone(), interface.classes.len());
        Ok(Box::new(Trained {
            card,
            core: Rc::new(Core { config, network, classes, device: device.clone() }),
        }))
    }
}

/// `ln p(x_i | x_{<i}, class)`, `[batch, length]`.
fn log_p(network: &Causal, x: &Tensor<2>, class: Option<Tensor<2>>, mode: Mode) -> Tensor<2> {
    let [batch, length] = x.dims();
    let condition = Condition { class, ..Condition::default() };
    let logits = Network::forward(network, x.clone(), &condition, mode);
    let vocabulary = logits.dims()[1] / length;
    let log_p = log_softmax(logits.reshape([batch, length, vocabulary]), 2);
    log_p.gather(2, x.clone().round().int().unsqueeze_dim(2)).squeeze_dim(2)
}

/// What a generation shares with its model.
struct Core {
    config: AutoregressiveConfig,
    network: Causal,
    /// How many classes it knows.
    classes: usize,
    device: Device,
}

/// A trained autoregressive prior.
struct Trained {
    card: Card,
    core: Rc<Core>,
}

impl Model for Trained {
    fn card(&self) -> &Card {
        &self.card
    }
    fn generator(&self) -> Option<&dyn Generate> {
        Some(self)
    }
    fn likelihood(&self) -> Option<&dyn Likelihood> {
        Some(self)
    }
    fn parameters(&self) -> Vec<Named> {
        self.core.network.parameters()
    }
}

impl Generate for Trained {
    fn begin_with(&self, request: &Request, helpers: &Helpers) -> Result<Box<dyn Generation>> {
        drawing::begin(&self.core, &self.card, request, helpers)
    }

    fn defaults(&self) -> Request {
        let CausalSampling { guidance, decoding } = self.core.config.sampling.clone();
        Request { guidance: Some(guidance), decoding: Some(decoding), ..Request::default() }
    }
}

impl Likelihood for Trained {
    fn judge(&self, rows: Tensor<2>, query: &Query) -> Result<Box<dyn Estimation>> {
        let [batch, _] = self.card.judged(&rows)?;
        let other = query.method.as_ref().filter(|method| !matches!(method, LikelihoodConfig::Exact(_)));
        if let Some(method) = other {
            return Err(Error::argument(format!(
                "likelihood: that of an autoregressive model is known; take `exact`, or leave the method out, not `{}`",
                method.name()
            )));
        }
        let Core { classes, config, device, .. } = &*self.core;
        let class = query.told(batch, *classes, config.label_dropout, device)?;
        let core = self.core.clone();
        Ok(Box::new(Counted::new(1, move |_| {
            let log_p = log_p(&core.network, &rows, class.clone(), Mode::Infer);
            Ok(Some(log_p.sum_dim(1).reshape([-1])))
        })))
    }
}

#[cfg(test)]
mod tests;
