//! What a model can do, for an application that knows it only by name.

mod asking;
mod learning;

use std::rc::Rc;

use burn::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::codebook::Codebook;
use crate::codec::Codec;
use crate::data::{Batch, Dataset, Vocabulary};
use crate::decoding::Decoding;
use crate::editing::Edit;
use crate::epsilon::EpsilonConfig;
use crate::guidance::{Conditional, Guiding};
use crate::latents::LatentSpace;
use crate::likelihood::Likelihood;
use crate::nn::{Init, Interface, Named, Network, Trace};
use crate::samplers::SamplerConfig;
use crate::schedules::ScheduleConfig;
use crate::schedules::grids::GridConfig;
use crate::{Error, Result, error};

pub(crate) use asking::Asked;
pub use learning::{Learning, Terms};

/// What a model is.
#[derive(Clone, Debug, Serialize)]
pub struct Card {
    /// Its family in the registry: `diffusion`, `classifier`, ...
    pub family: &'static str,
    /// Shape of a sample: `[features]` or `[channels, height, width]`.
    pub shape: Vec<usize>,
    /// Names of the classes; empty where it has none.
    pub classes: Vec<String>,
    /// How many numbers it has learnt.
    pub parameters: usize,
    /// What a sample's numbers stand for where they are tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vocabulary: Option<Vocabulary>,
}

impl Card {
    /// The card of a model with this interface.
    pub fn new(family: &'static str, interface: &Interface, parameters: usize) -> Self {
        let Interface { shape, classes, vocabulary, .. } = interface.clone();
        Self { family, shape, classes, parameters, vocabulary }
    }

    /// Numbers in a sample.
    pub fn features(&self) -> usize {
        self.shape.iter().product()
    }

    /// Rows that are to be judged, and numbers of each; refuses none, and those of other samples.
    pub(crate) fn judged(&self, rows: &Tensor<2>) -> Result<[usize; 2]> {
        let [batch, features] = rows.dims();
        if batch > 0 && features == self.features() {
            return Ok([batch, features]);
        }
        let kind = if self.vocabulary.is_some() { "tokens" } else { "numbers" };
        Err(Error::argument(format!(
            "likelihood: wanted rows of {} {kind}, at least 1; these are {batch} of {features}",
            self.features()
        )))
    }

    /// The class called `name`, by name or by index.
    pub fn class(&self, name: &str) -> Result<u32> {
        let by_name = self.classes.iter().position(|class| class == name);
        let by_index = name.parse().ok().filter(|index: &usize| *index < self.classes.len());
        match by_name.or(by_index) {
            Some(index) => Ok(index as u32),
            None if self.classes.is_empty() => Err(Error::argument("class: this model has no classes")),
            None => {
                let names: Vec<&str> = self.classes.iter().map(String::as_str).collect();
                Err(error::unknown("class", name, &names))
            }
        }
    }
}

/// Which classes to draw.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Classes {
    /// None is asked for: whatever the data hold.
    #[default]
    Any,
    /// Every sample of this class.
    One(u32),
    /// Sample `i` of class `i` modulo their number.
    Each,
}

/// What to draw. `None` leaves the choice to the model.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Request {
    /// How many samples.
    pub count: usize,
    /// Index of the first: sample 7 is the same whether it is drawn alone or among a thousand.
    pub first: u64,
    /// Seed of all noise.
    pub seed: u64,
    /// How to walk.
    pub sampler: Option<SamplerConfig>,
    /// In which frame.
    pub schedule: Option<ScheduleConfig>,
    /// Which levels to visit.
    pub grid: Option<GridConfig>,
    /// In how many steps.
    pub steps: Option<usize>,
    /// Scale of classifier-free guidance; 1 is none.
    pub guidance: Option<f64>,
    /// How guidance is done, beside its scale.
    pub guiding: Option<Guiding>,
    /// How tokens are drawn, by a model of tokens.
    pub decoding: Option<Decoding>,
    /// How much noise an SDE adds, by an interpolant.
    pub epsilon: Option<EpsilonConfig>,
    /// Of which classes.
    pub classes: Classes,
    /// What to make the samples from; `None` is noise alone.
    pub edit: Option<Edit>,
}

impl Default for Request {
    fn default() -> Self {
        Self {
            count: 1,
            first: 0,
            seed: 0,
            sampler: None,
            schedule: None,
            grid: None,
            steps: None,
            guidance: None,
            guiding: None,
            decoding: None,
            epsilon: None,
            classes: Classes::Any,
            edit: None,
        }
    }
}

/// Other models that a generation asks on its way.
#[derive(Clone, Default)]
pub struct Helpers {
    /// A weaker model of the same data, such as an earlier checkpoint: samples are guided away from what it would draw.
    pub weak: Option<Rc<dyn Model>>,
    /// A classifier, towards whose idea of the wanted class samples are guided.
    pub classifier: Option<Rc<dyn Model>>,
}

/// Samples on their way, after a step. Nothing has been read from the device yet.
#[derive(Clone, Debug)]
pub struct Frame {
    /// Steps taken.
    pub step: usize,
    /// Steps in all.
    pub steps: usize,
    /// How much noise is left in the samples: `σ/α`, for an interpolant `1 − t`, for tokens the share that is corrupted; 0 at the end.
    pub level: f64,
    /// The samples, scaled to the data's: `x/α`, `[batch, features]`.
    pub x: Tensor<2>,
}

/// A generation under way. It does not block: the caller decides when to read a frame.
pub trait Generation {
    /// Takes one step; `None` once there is nothing left to do. After an error there is nothing left to do.
    fn step(&mut self) -> Option<Result<Frame>>;

    /// The end of a walk that has not begun, all of whose steps a kernel takes at once: for whoever does not want to see what lies between. It
    /// differs from step after step by rounding. `None` where there is no such kernel: then one steps.
    fn leap(&mut self) -> Option<Frame> {
        None
    }

    /// Steps in all.
    fn steps(&self) -> usize;

    /// Evaluations of the network so far, each of the whole batch.
    fn evaluations(&self) -> usize;
}

/// A trained model.
pub trait Model {
    /// What it is.
    fn card(&self) -> &Card;

    /// Begins to draw samples; `None` where the model does not generate.
    fn generator(&self) -> Option<&dyn Generate> {
        None
    }

    /// `None` where the model does not know how probable data are.
    fn likelihood(&self) -> Option<&dyn Likelihood> {
        None
    }

    /// `None` where the model does not classify.
    fn classifier(&self) -> Option<&dyn Classify> {
        None
    }

    /// `None` where the model has no encoder and decoder.
    fn codec(&self) -> Option<&dyn Codec> {
        None
    }

    /// `None` where its latents are no distributions.
    fn latent(&self) -> Option<&dyn LatentSpace> {
        None
    }

    /// `None` where the model has no codebook.
    fn codes(&self) -> Option<&dyn Codebook> {
        None
    }

    /// What it has learnt.
    fn parameters(&self) -> Vec<Named>;

    /// Begins to draw samples, or says that this model cannot.
    fn generate(&self, request: &Request) -> Result<Box<dyn Generation>> {
        self.generate_with(request, &Helpers::default())
    }

    /// Begins to draw samples with the help of other models, or says that this model cannot.
    fn generate_with(&self, request: &Request, helpers: &Helpers) -> Result<Box<dyn Generation>> {
        match self.generator() {
            Some(generator) => generator.begin_with(request, helpers),
            None => Err(Error::argument(format!("this {} does not generate samples", self.card().family))),
        }
    }
}

/// A model that draws samples.
pub trait Generate {
    /// Begins; fails where the request does not fit the model.
    fn begin(&self, request: &Request) -> Result<Box<dyn Generation>> {
        self.begin_with(request, &Helpers::default())
    }

    /// Begins with the help of other models; fails where request or helpers do not fit the model.
    fn begin_with(&self, request: &Request, helpers: &Helpers) -> Result<Box<dyn Generation>>;

    /// What denoises, for other models to be guided by or to learn from; `None` where nothing does. Its rows are samples, and those of a
    /// model with a codec are latents.
    fn denoiser(&self) -> Option<Rc<dyn Conditional>> {
        None
    }

    /// Noise levels `σ/α` at the end and at the start of its walks; `None` where it does not walk.
    fn range(&self) -> Option<[f64; 2]> {
        None
    }

    /// What the model takes where the request says nothing.
    fn defaults(&self) -> Request;
}

/// A model that tells classes apart.
pub trait Classify {
    /// Logits, `[batch, features]` to `[batch, classes]`.
    fn logits(&self, x: Tensor<2>) -> Tensor<2>;

    /// The features that the logits are read from, `[batch, width]`.
    fn features(&self, x: Tensor<2>) -> Tensor<2>;
}

/// What a family wants of a teacher: a trained model of the same data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Teaching {
    /// It has no use for one.
    Unused,
    /// It asks one at each step, and begins with the teacher's weights where their networks are alike.
    Needed,
}

/// A family of models that learn one network by one loss.
pub trait Family {
    /// The network with fresh weights.
    fn network(&self, interface: &Interface, init: &Init) -> Result<Box<dyn Network>>;

    /// Refuses data that it cannot learn from.
    fn check_data(&self, _dataset: &dyn Dataset) -> Result<()> {
        Ok(())
    }

    /// The loss of a batch, a scalar `[1]`, still on the device.
    fn loss(
        &self,
        network: &dyn Network,
        interface: &Interface,
        batch: &Batch,
        learning: &Learning,
    ) -> Tensor<1>;

    /// What the network's parts give of a batch, for which the loss is not finite; `None` where nothing is known of them.
    fn trace(&self, _network: &dyn Network, _batch: &Batch, _learning: &Learning) -> Option<Trace> {
        None
    }

    /// What the network takes from the data before its first step, such as a scale or a codebook; says whether it took any. The batch is the
    /// first step's.
    fn prepare(&self, _network: &mut dyn Network, _batch: &Batch, _learning: &Learning) -> bool {
        false
    }

    /// What the network learns of a batch otherwise than by its gradient, after the optimizer's step, such as running means; says whether it
    /// learnt any. What changes is [`Family::frozen`] where no optimizer should see it.
    fn follow(&self, _network: &mut dyn Network, _batch: &Batch, _learning: &Learning) -> bool {
        false
    }

    /// What it wants of a teacher.
    fn teaching(&self) -> Teaching {
        Teaching::Unused
    }

    /// Refuses a teacher of the same data that says something else than what is to be learnt from.
    fn check_teacher(&self, _teacher: &dyn Model) -> Result<()> {
        Ok(())
    }

    /// The model around a network.
    fn model(
        &self,
        interface: &Interface,
        network: Box<dyn Network>,
        device: &Device,
    ) -> Result<Box<dyn Model>>;

    /// A network's encoder and decoder; `None` where this family has none.
    fn codec<'a>(&self, _network: &'a dyn Network) -> Option<&'a dyn Codec> {
        None
    }

    /// A network's encoder into codes; `None` where this family has none.
    fn codebook<'a>(&self, _network: &'a dyn Network) -> Option<&'a dyn Codebook> {
        None
    }

    /// Beginnings of the paths of parameters that no optimizer changes.
    fn frozen(&self) -> &'static [&'static str] {
        &[]
    }

    /// Those among them that come from elsewhere, by `train.from`: all, but for what [`Family::prepare`] and [`Family::follow`] find.
    fn borrowed(&self) -> &'static [&'static str] {
        self.frozen()
    }
}

#[cfg(test)]
mod tests;
