//! Priors over codes: what a codebook's model needs in order to draw.
//!
//! ```text
//! L = L_prior(k(x)),   x = g(k),   k drawn by the prior
//! ```
//!
//! van den Oord et al. 2017, <https://arxiv.org/abs/1711.00937>, section 3.3. `k` and `g` are the stage's encoder into codes and its
//! decoder, which are learnt before and stay as they are. Codes are tokens in the order of lines of text: any model of tokens is a prior,
//! as masked diffusion is (Chang et al. 2022, <https://arxiv.org/abs/2202.04200>). A weight file holds both: the stage's parameters under
//! `stage`, the prior's under `prior`.

mod causal;
mod stage;
mod prior;
mod drawing;

use std::rc::Rc;

use burn::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Result;
use crate::codebook::Codebook;
use crate::codec::Codec;
use crate::config::check::under;
use crate::data::{Batch, Vocabulary};
use crate::model::{Card, Family, Learning, Model};
use crate::nn::{Init, Interface, Network, Staged, count, into_own, own};
use crate::registry::{About, Member};

pub use causal::{AutoregressiveConfig, CausalSampling};
pub use prior::CodePriorConfig;
pub use stage::CodeStageConfig;

use drawing::Coded;

/// A prior over the codes of a stage.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CodedConfig {
    /// The model with the codebook. It is not trained: `train.from` says whose weights it has.
    pub stage: Box<CodeStageConfig>,
    /// What learns its codes.
    pub prior: Box<CodePriorConfig>,
}

impl Default for CodedConfig {
    fn default() -> Self {
        let named = "the default should be registered";
        Self {
            stage: Box::new(CodeStageConfig::named("vqvae").expect(named)),
            prior: Box::new(CodePriorConfig::named("discrete").expect(named)),
        }
    }
}

impl Member for CodedConfig {
    const ABOUT: About = About {
        summary: "A prior over the codes of a VQ-VAE",
        paper: "van den Oord et al. 2017, https://arxiv.org/abs/1711.00937; Chang et al. 2022, https://arxiv.org/abs/2202.04200",
    };
}

impl CodedConfig {
    fn codebook_of<'a>(&self, stage: &'a dyn Network) -> &'a dyn Codebook {
        self.stage.codebook(stage).expect("a stage should have a codebook")
    }

    /// What the prior is built for: codes are levels that stand for themselves.
    fn interface(&self, interface: &Interface, stage: &dyn Network) -> Interface {
        let book = self.codebook_of(stage);
        let vocabulary = Vocabulary::Levels { count: book.size(), range: [0.0, book.size() as f64 - 1.0] };
        Interface { shape: book.shape(), vocabulary: Some(vocabulary), ..interface.clone() }
    }
}

impl Family for CodedConfig {
    fn network(&self, interface: &Interface, init: &Init) -> Result<Box<dyn Network>> {
        // Without autodiff: its parameters are never learnt, and its graph need not be kept.
        let fixed = init.at("stage").on(&init.device().clone().inner());
        let stage = under("stage", self.stage.network(interface, &fixed))?;
        let codes = self.interface(interface, &*stage);
        let learner = under("prior", self.prior.network(&codes, &init.at("prior")))?;
        Ok(Box::new(Staged { names: NAMES, stage, learner }))
    }

    fn loss(
        &self,
        network: &dyn Network,
        interface: &Interface,
        batch: &Batch,
        learning: &Learning,
    ) -> Tensor<1> {
        let Staged { stage, learner, .. } = own(network);
        let x = learning.rows(batch).without_autodiff();
        let codes = self.codebook_of(&**stage).encode(x);
        let learning = Learning { given: Some(codes), ..*learning };
        self.prior.loss(&**learner, &self.interface(interface, &**stage), batch, &learning)
    }

    fn model(
        &self,
        interface: &Interface,
        network: Box<dyn Network>,
        device: &Device,
    ) -> Result<Box<dyn Model>> {
        let parameters = count(&network.parameters());
        let Staged { stage, learner, .. } = into_own(network);
        let codes = self.interface(interface, &*stage);
        let prior = under("prior", self.prior.model(&codes, learner, device))?;
        let stage: Rc<dyn Model> = under("stage", self.stage.model(interface, stage, device))?.into();
        let classes = prior.card().classes.clone();
        let card = Card::new("coded", &interface.plain(classes), parameters);
        Ok(Box::new(Coded { card, stage, prior, device: device.clone() }))
    }

    fn codec<'a>(&self, network: &'a dyn Network) -> Option<&'a dyn Codec> {
        self.stage.codec(&*own::<Staged>(network).stage)
    }

    fn codebook<'a>(&self, network: &'a dyn Network) -> Option<&'a dyn Codebook> {
        self.stage.codebook(&*own::<Staged>(network).stage)
    }

    fn frozen(&self) -> &'static [&'static str] {
        &["stage"]
    }
}

/// What the paths of its parts' parameters begin with.
const NAMES: [&str; 2] = ["stage", "prior"];

#[cfg(test)]
mod tests;
