//! Quality: how far samples lie from where they should be, by the measure that suits them.

use burn::prelude::Device;
use kiln::Result;
use kiln::data::Dataset;
use kiln::metrics::{energy_distance, frechet_distance, sliced_wasserstein};
use kiln::model::Card;

use super::super::evaluate::judge::Judge;
use crate::failure::Outcome;
use crate::models::{self, Loaded};
use crate::picture::examples;

/// Directions in which points are compared.
const DIRECTIONS: usize = 256;
/// Data that samples are held against, at least, where there are so many.
const TARGET: usize = 2000;
/// Samples for each feature, at least: with fewer their covariance is mostly noise.
const SAMPLES: usize = 4;

/// The measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Measure {
    Sliced,
    Frechet,
    Energy,
}

impl Measure {
    /// Its key in tables that programs read.
    pub(super) fn key(self) -> &'static str {
        match self {
            Self::Sliced => "sliced_wasserstein",
            Self::Frechet => "frechet_distance",
            Self::Energy => "energy_distance",
        }
    }

    /// The same for people.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Sliced => "sliced Wasserstein",
            Self::Frechet => "Fréchet distance",
            Self::Energy => "energy distance",
        }
    }
}

/// The classifier in whose features pictures are compared; nothing for points, and where nobody named one and the zoo has none.
pub(super) fn features(name: Option<&str>, card: &Card, device: &Device) -> Outcome<Option<Loaded>> {
    if card.shape.len() == 1 {
        return Ok(None);
    }
    Ok(models::classifier(name, card, device)?)
}

/// How samples are compared, before there is something to compare them with.
pub(super) struct Kind<'a> {
    measure: Measure,
    judge: Option<Judge<'a>>,
    width: usize,
}

impl<'a> Kind<'a> {
    /// The measure for `count` samples of this model.
    pub(super) fn of(
        loaded: &Loaded,
        features: Option<&'a Loaded>,
        count: usize,
        device: &'a Device,
    ) -> Outcome<Self> {
        let card = loaded.model.card();
        let judge = features.map(|loaded| Judge::new(loaded, &card.shape, device)).transpose()?;
        let width = match &judge {
            Some(judge) => judge.features(&vec![0.0; card.features()])?.1,
            None => card.features(),
        };
        let measure = match (&judge, card.shape.len()) {
            (_, 1) => Measure::Sliced,
            (Some(_), _) if count >= SAMPLES * width => Measure::Frechet,
            _ => Measure::Energy,
        };
        Ok(Self { measure, judge, width })
    }

    /// Against fresh data or, without any, against the reference's samples.
    pub(super) fn against(
        self,
        data: Option<&dyn Dataset>,
        reference: &[f32],
        count: usize,
    ) -> Result<Quality<'a>> {
        let Some(data) = data else {
            let target = self.read(reference)?;
            return Ok(Quality { kind: self, target, fresh: None, level: None });
        };
        let most = if self.measure == Measure::Sliced { count } else { count.max(TARGET) };
        // Where the data end, data are compared with what is left of them.
        let most = data.len().map_or(most, |length| most.min(length.div_ceil(2)));
        let fresh = examples(data, 0, most);
        let target = self.read(&fresh)?;
        let other = self.read(&examples(data, most as u64, count))?;
        let enough = other.len() >= 2 * self.width;
        let level = enough.then(|| self.distance(&other, &target)).transpose()?;
        Ok(Quality { kind: self, target, fresh: Some(fresh), level })
    }

    /// What is compared: the rows, or their features.
    fn read(&self, rows: &[f32]) -> Result<Vec<f32>> {
        match &self.judge {
            Some(judge) => Ok(judge.features(rows)?.0),
            None => Ok(rows.to_vec()),
        }
    }

    fn distance(&self, a: &[f32], b: &[f32]) -> Result<f64> {
        match self.measure {
            Measure::Sliced => sliced_wasserstein(a, b, self.width, DIRECTIONS, 0),
            Measure::Frechet => frechet_distance(a, b, self.width),
            Measure::Energy => energy_distance(a, b, self.width),
        }
    }
}

/// How far samples lie from data, or from the reference's samples.
pub(super) struct Quality<'a> {
    kind: Kind<'a>,
    target: Vec<f32>,
    /// The data themselves, where there are any.
    pub(super) fresh: Option<Vec<f32>>,
    /// As many other data in the place of the samples.
    pub(super) level: Option<f64>,
}

impl Quality<'_> {
    /// The distance of these samples.
    pub(super) fn of(&self, rows: &[f32]) -> Result<f64> {
        self.kind.distance(&self.kind.read(rows)?, &self.target)
    }

    pub(super) fn measure(&self) -> Measure {
        self.kind.measure
    }
}
