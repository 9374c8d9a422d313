//! What the panel is set to.

use kiln::data::drawn;
use kiln::model::{Card, Classes, Request};
use kiln::samplers::SamplerConfig;
use kiln::{Result, editing, error};
use serde::{Deserialize, Serialize};

use crate::widgets::pixels;

/// All that decides what is drawn and what is seen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// An entry of the zoo.
    pub model: String,
    /// `each` in turn, `any`, or the name or number of one.
    pub class: String,
    /// How many pictures.
    pub count: usize,
    /// Scale of guidance; nothing for the model's own.
    pub guidance: Option<f64>,
    /// Which sampler; empty for the model's own.
    pub sampler: String,
    /// How many steps; nothing for the model's own.
    pub steps: Option<usize>,
    /// Seed of all noise.
    pub seed: u64,
    /// Which step is seen; beyond the last is the last.
    pub step: usize,
    /// Whether the model's guess of the data is seen beside what it is made of.
    pub guess: bool,
    /// What the pictures are made from.
    pub edit: Edit,
    /// The sketch or the brushed part, as the dataset `drawn` has pixels; as many as the model's.
    pub ink: String,
    /// Of a sketch, the share of the steps that is walked.
    pub strength: f64,
    /// The step that is left in another direction.
    pub fork: usize,
    /// The seed from there on.
    pub other: u64,
}

/// What pictures are made from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Edit {
    /// Noise alone.
    #[default]
    Noise,
    /// A sketch, with noise over it.
    Sketch,
    /// What the model guessed at one step, with other noise over it.
    Fork,
    /// The pictures themselves, but for what is brushed over.
    Redraw,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            model: "mnist/flow".into(),
            class: "each".into(),
            count: 16,
            guidance: None,
            sampler: String::new(),
            steps: None,
            seed: 0,
            step: 10_000,
            guess: true,
            edit: Edit::Noise,
            ink: String::new(),
            strength: 0.7,
            fork: 5,
            other: 1,
        }
    }
}

/// The most pictures at once.
const MOST: usize = 256;

impl Settings {
    /// The request of a model, without what the pictures are made from.
    pub fn request(&self, card: &Card) -> Result<Request> {
        if !(1..=MOST).contains(&self.count) {
            return Err(error::Error::argument(format!("count: wanted 1 to {MOST}, this is {}", self.count)));
        }
        let sampler = (!self.sampler.is_empty()).then(|| SamplerConfig::named(&self.sampler)).transpose()?;
        let classes = classes(&self.class, card)?;
        let guidance = self.guidance.filter(|_| classes != Classes::Any);
        let steps = self.steps;
        Ok(Request {
            count: self.count,
            seed: self.seed,
            sampler,
            steps,
            guidance,
            classes,
            ..Request::default()
        })
    }

    /// The ink as numbers from 0 to 1, for each channel of samples of this shape; nothing where nothing is drawn.
    pub fn inked(&self, shape: &[usize]) -> Result<Option<Vec<f32>>> {
        let &[channels, height, width] = shape else { return Ok(None) };
        let pixels = pixels(&self.ink, [width, height])?;
        if pixels.iter().all(|ink| *ink == 0) {
            return Ok(None);
        }
        let plane: Vec<f32> = pixels.into_iter().map(|ink| f32::from(ink) / f32::from(drawn::FULL)).collect();
        Ok(Some(plane.repeat(channels)))
    }

    /// The walk from a sketch; nothing where nothing is drawn.
    pub fn sketched(&self, shape: &[usize]) -> Result<Option<editing::Edit>> {
        let ink = self.inked(shape)?;
        let rows = ink.map(|ink| ink.into_iter().map(|ink| 2.0 * ink - 1.0).collect());
        Ok(rows.map(|rows| editing::Edit::From { rows, strength: self.strength }))
    }
}

/// The classes of a text: `each` in turn, `any`, or the name or number of one. A model without classes draws any.
pub(crate) fn classes(class: &str, card: &Card) -> Result<Classes> {
    Ok(match class {
        _ if card.classes.is_empty() => Classes::Any,
        "any" => Classes::Any,
        "each" => Classes::Each,
        name => Classes::One(card.class(name)?),
    })
}
