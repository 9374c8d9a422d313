//! Discrete diffusion: models of tokens, whose noise is a mask or other tokens.
//!
//! ```text
//! q(x_t|x_0) = Π_i [α_t δ(x_tⁱ, x_0ⁱ) + (1 − α_t) π(x_tⁱ)],   p(x_s|x_t) = Π_i Σ_k q(x_sⁱ|x_tⁱ, x_0ⁱ = k) p(x_0ⁱ = k|x_t)
//! ```
//!
//! D3PM (Austin et al. 2021, <https://arxiv.org/abs/2107.03006>) and masked diffusion language models (Sahoo et al. 2024,
//! <https://arxiv.org/abs/2406.07524>) are rows of one table: what noise does (`corruption`), when (`schedule`), and by which form of the bound
//! it is learnt (`objective`). The network says how probable each token is in each place. Where noise is a mask it is not told the time,
//! on which the answer does not depend (Ou et al. 2024, <https://arxiv.org/abs/2406.03736>).

pub mod corruption;
pub mod objective;
pub mod schedule;
mod span;
mod process;
mod times;
mod walk;
mod generation;
mod likelihood;

use std::rc::Rc;

use burn::prelude::*;
use burn::tensor::activation::log_softmax;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::check::{at_least, under, within};
use crate::data::{Batch, Vocabulary};
use crate::decoding::Decoding;
use crate::likelihood::Likelihood;
use crate::model::{Card, Family, Generate, Generation, Helpers, Learning, Model, Request};
use crate::nn::{Condition, Init, Interface, Mode, Named, Network, NetworkConfig, count, one_hot};
use crate::random::Purpose;
use crate::registry::{About, Member};
use crate::samplers::Noise;
use crate::{Error, Result};

pub use corruption::CorruptionConfig;
pub use objective::{Guess, TokenObjectiveConfig};
pub use process::{Predictor, Process};
pub use schedule::DecayConfig;
pub use span::Span;

use process::draws;

/// A model of tokens. The defaults are those of masked diffusion.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct DiscreteConfig {
    /// What noise does to a token.
    pub corruption: CorruptionConfig,
    /// When.
    pub schedule: DecayConfig,
    /// What is learnt by.
    pub objective: TokenObjectiveConfig,
    /// The network.
    pub network: NetworkConfig,
    /// How often the class is hidden while learning, for classifier-free guidance; 1 learns without classes.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub label_dropout: f64,
    /// How to sample where a request does not say.
    pub sampling: Sampling,
}

/// How to sample.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Sampling {
    /// How many steps.
    pub steps: usize,
    /// Scale of classifier-free guidance; 1 is none.
    pub guidance: f64,
    /// How tokens are drawn.
    pub decoding: Decoding,
}

impl Default for Sampling {
    fn default() -> Self {
        Self { steps: 64, guidance: 1.0, decoding: Decoding::default() }
    }
}

impl Default for DiscreteConfig {
    fn default() -> Self {
        let named = "the default should be registered";
        Self {
            corruption: CorruptionConfig::named("absorbing").expect(named),
            schedule: DecayConfig::named("linear").expect(named),
            objective: TokenObjectiveConfig::named("masked").expect(named),
            network: NetworkConfig::named("tokens").expect(named),
            label_dropout: 0.1,
            sampling: Sampling::default(),
        }
    }
}

impl Member for DiscreteConfig {
    const ABOUT: About = About {
        summary: "Discrete diffusion on tokens: D3PM and masked diffusion language models",
        paper: "Austin et al. 2021, https://arxiv.org/abs/2107.03006; Sahoo et al. 2024, https://arxiv.org/abs/2406.07524",
    };
}

impl DiscreteConfig {
    /// The classes that this model is told of.
    fn interface(&self, interface: &Interface) -> Interface {
        let classes = if self.label_dropout < 1.0 { interface.classes.clone() } else { Vec::new() };
        Interface { classes, ..interface.clone() }
    }

    fn check(&self) -> Result<()> {
        within("label_dropout", self.label_dropout, 0.0, 1.0)?;
        at_least("sampling.steps", self.sampling.steps, 1)?;
        within("sampling.guidance", self.sampling.guidance, 0.0, 1e3)?;
        under("sampling.decoding", self.check_decoding(&self.sampling.decoding))?;
        self.objective.check(&self.corruption)?;
        if !self.network.takes_tokens() {
            let message = format!("`{}` takes no tokens; take `tokens`", self.network.name());
            return Err(Error::config("network", message));
        }
        Ok(())
    }

    /// Refuses a decoder that this model's noise gives nothing to hold on to.
    fn check_decoding(&self, decoding: &Decoding) -> Result<()> {
        decoding.check()?;
        if decoding.decoder.wants_mask() && self.corruption.mask(1).is_none() {
            let (decoder, corruption) = (decoding.decoder.name(), self.corruption.name());
            let message = format!(
                "`{decoder}` decides masked tokens, `{corruption}` noise masks none; take `ancestral`"
            );
            return Err(Error::config("decoder", message));
        }
        Ok(())
    }

    /// What happens to the tokens of these data.
    fn process(&self, interface: &Interface) -> Process {
        let vocabulary = interface.vocabulary.as_ref().map_or(0, Vocabulary::size);
        Process { corruption: self.corruption.clone(), schedule: self.schedule.clone(), vocabulary }
    }

    /// `ln p(x_0|x_t)`, `[batch, length, vocabulary]`.
    fn predict(
        &self,
        network: &dyn Network,
        x: Tensor<2>,
        (times, class): (&[f64], Option<Tensor<2>>),
        mode: Mode,
    ) -> Tensor<3> {
        let [batch, length] = x.dims();
        let timeless = self.corruption.mask(1).is_some();
        let noise = if timeless { vec![0.0] } else { times.iter().map(|t| 4.0 * t - 2.0).collect() };
        let condition = Condition { noise, class, ..Condition::default() };
        let logits = network.forward(x.clone(), &condition, mode);
        let vocabulary = logits.dims()[1] / length;
        let logits = logits.reshape([batch, length, vocabulary]);
        let alphas: Vec<f64> = times.iter().map(|t| self.schedule.alpha(*t)).collect();
        match self.corruption.evidence(&x, &alphas, &logits) {
            Some(evidence) => log_softmax(logits + evidence, 2),
            None => log_softmax(logits, 2),
        }
    }

    /// The classes of a batch, one-hot, hidden now and then.
    fn classes(&self, interface: &Interface, batch: &Batch, learning: &Learning) -> Option<Tensor<2>> {
        let known = interface.classes.len();
        let classes = learning.classes(batch, self.label_dropout);
        (known > 0).then(|| one_hot(&classes, known, learning.device))
    }
}

impl Family for DiscreteConfig {
    fn network(&self, interface: &Interface, init: &Init) -> Result<Box<dyn Network>> {
        self.check()?;
        match &interface.vocabulary {
            None => Err(Error::argument(
                "a discrete model learns tokens, these data are numbers: round them to levels with data \
                 {kind: quantised, data: ..., levels: ...}",
            )),
            Some(vocabulary) if vocabulary.size() == 0 => Err(Error::argument(
                "a discrete model needs a vocabulary of at least one token; this one is empty",
            )),
            Some(_) => under("network", self.network.build(&self.interface(interface), init)),
        }
    }

    fn model(
        &self,
        interface: &Interface,
        network: Box<dyn Network>,
        device: &Device,
    ) -> Result<Box<dyn Model>> {
        self.check()?;
        let interface = self.interface(interface);
        let card = Card::new("discrete", &interface, count(&network.parameters()));
        let process = self.process(&interface);
        let core = Trained {
            config: self.clone(),
            network,
            process,
            classes: interface.classes.len(),
            device: device.clone(),
        };
        Ok(Box::new(Discrete { card, core: Rc::new(core) }))
    }

    /// In nats a token.
    fn loss(
        &self,
        network: &dyn Network,
        interface: &Interface,
        batch: &Batch,
        learning: &Learning,
    ) -> Tensor<1> {
        let interface = self.interface(interface);
        let (process, rows, features) = (self.process(&interface), batch.size(), interface.features());
        let (seed, first, device) = (learning.seed, batch.first, learning.device.clone());
        let x0 = learning.rows(batch);
        let time = |row: u64| self.objective.learning_time(times::evenly(seed, first + row));
        let times: Vec<f64> = (0..rows as u64).map(time).collect();
        let noise = Noise { seed, first, rows, features, device };
        let x_t = process.noised(&x0, &times, draws(&noise, Purpose::Noise, 0));
        let class = self.classes(&interface, batch, learning);
        let log_x0 = self.predict(network, x_t.clone(), (&times, class), learning.mode);
        self.objective.loss(&process, &Guess { x0, x_t, times, log_x0 }).mean()
    }
}

/// A trained model of tokens.
pub struct Discrete {
    card: Card,
    core: Rc<Trained>,
}

/// What a generation shares with its model.
struct Trained {
    config: DiscreteConfig,
    network: Box<dyn Network>,
    process: Process,
    /// How many classes it knows.
    classes: usize,
    device: Device,
}

impl Trained {
    /// `ln p(x_0|x_t, class)`; a row of zeros is no class.
    fn predict(&self, x: Tensor<2>, times: &[f64], class: Option<Tensor<2>>) -> Tensor<3> {
        self.config.predict(&*self.network, x, (times, class), Mode::Infer)
    }
}

impl Model for Discrete {
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

impl Generate for Discrete {
    fn begin_with(&self, request: &Request, helpers: &Helpers) -> Result<Box<dyn Generation>> {
        generation::begin(&self.core, &self.card, request, helpers)
    }

    fn defaults(&self) -> Request {
        let Sampling { steps, guidance, decoding } = self.core.config.sampling.clone();
        Request {
            steps: Some(steps),
            guidance: Some(guidance),
            decoding: Some(decoding),
            ..Request::default()
        }
    }
}

#[cfg(test)]
mod tests;
