//! What is computed: pictures of a plane of latents, of one place in it, and of the way between two drawings.

use std::rc::Rc;

use burn::prelude::*;
use kiln::codec::Codec;
use kiln::data::drawn;
use kiln::latents::{Path, interpolate};
use kiln::model::Model;
use kiln::{Error, Result, weights};
use serde::{Deserialize, Serialize};

use super::Settings;
use crate::library::Library;
use crate::widgets::pixels;

/// Pictures along a side of the map.
pub(super) const SIDE: usize = 13;
/// Pictures from the one drawing to the other.
pub(super) const FRAMES: usize = 9;

/// What the panel is told.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Report {
    /// Shape of the pictures, and numbers of a latent.
    Model(Vec<usize>, usize),
    /// The map, `[SIDE * SIDE, features]`, by rows from the top.
    Map(Vec<f32>),
    /// The picture where one stands.
    Here(Vec<f32>),
    /// The way from the one drawing to the other, `[FRAMES, features]`; empty where there are no two.
    Way(Vec<f32>),
    /// Why something could not be done.
    Refused(String),
}

/// The panel's share of what computes.
#[derive(Default)]
pub struct Work {
    settings: Option<Settings>,
    /// What the last map was of.
    mapped: Option<Settings>,
    model: Option<(String, Rc<dyn Model>)>,
    due: bool,
}

impl Work {
    /// Takes what is to be seen.
    pub fn show(&mut self, settings: Settings) {
        (self.settings, self.due) = (Some(settings), true);
    }

    /// Weights have come: whoever waited tries again.
    pub(crate) fn woken(&mut self) {
        let named = self.model.as_ref().map(|(name, _)| name);
        self.due |= self.settings.as_ref().is_some_and(|settings| named != Some(&settings.model));
    }

    /// Whether there is anything left to do.
    pub fn busy(&self) -> bool {
        self.due
    }

    pub(crate) async fn step(&mut self, library: &mut Library) -> Vec<Report> {
        self.due = false;
        let reports = self.seen(library).await;
        reports.unwrap_or_else(|error| vec![Report::Refused(error.to_string())])
    }

    async fn seen(&mut self, library: &mut Library) -> Result<Vec<Report>> {
        let Some(settings) = self.settings.clone() else { return Ok(Vec::new()) };
        let Some(model) = library.get(&settings.model) else { return Ok(Vec::new()) };
        let mut reports = Vec::new();
        let codec = usable(&*model, &settings)?;
        let latents = codec.latent_shape()[0];
        if self.model.as_ref().is_none_or(|(name, _)| *name != settings.model) {
            reports.push(Report::Model(model.card().shape.clone(), latents));
            (self.model, self.mapped) = (Some((settings.model.clone(), model.clone())), None);
        }
        let device = library.device();
        let base = match drawing(&settings.from, &*model, device)? {
            Some(drawing) => codec.encode(drawing),
            None => Tensor::zeros([1, latents], device),
        };
        let map = Settings { at: [0.0; 2], ..settings.clone() };
        if self.mapped.as_ref() != Some(&map) {
            let place = |i: usize| 2.0 * (i as f64 / (SIDE - 1) as f64) - 1.0;
            let places: Vec<[f64; 2]> =
                (0..SIDE * SIDE).map(|i| [place(i % SIDE), place(i / SIDE)]).collect();
            let decoded = codec.decode(plane(&base, &places, &settings));
            reports.push(Report::Map(weights::read(decoded).await?));
            let ends = (drawing(&settings.from, &*model, device)?, drawing(&settings.to, &*model, device)?);
            let way = match ends {
                (Some(a), Some(b)) => weights::read(interpolate(codec, [a, b], FRAMES, Path::Linear)).await?,
                _ => Vec::new(),
            };
            reports.push(Report::Way(way));
            self.mapped = Some(map);
        }
        let here = codec.decode(plane(&base, &[settings.at], &settings));
        reports.push(Report::Here(weights::read(here).await?));
        Ok(reports)
    }
}

/// The model's codec, where it fits the settings.
fn usable<'a>(model: &'a dyn Model, settings: &Settings) -> Result<&'a dyn Codec> {
    let refused = |message: String| Err(Error::argument(message));
    let Some(codec) = model.codec() else {
        return refused(format!(
            "`{}` has no latents to walk through: choose an autoencoder",
            settings.model
        ));
    };
    if model.card().shape.len() != 3 || codec.latent_shape().len() != 1 || !model.card().classes.is_empty() {
        return refused(format!(
            "`{}`: a map is made of latents that are a few numbers, of pictures",
            settings.model
        ));
    }
    let latents = codec.latent_shape()[0];
    if settings.across >= latents || settings.down >= latents {
        return refused(format!("a latent of `{}` has numbers 0 to {}", settings.model, latents - 1));
    }
    Ok(codec)
}

/// The latent of `base` with two of its numbers at other places: `[places, latents]`.
fn plane(base: &Tensor<2>, places: &[[f64; 2]], settings: &Settings) -> Tensor<2> {
    let (rows, device) = (places.len(), base.device());
    let column = |axis: usize| {
        let values: Vec<f32> = places.iter().map(|place| (settings.reach * place[axis]) as f32).collect();
        Tensor::<2>::from_data(TensorData::new(values, [rows, 1]), &device)
    };
    let z = base.clone().repeat_dim(0, rows);
    let z = z.slice_assign([0..rows, settings.across..settings.across + 1], column(0));
    z.slice_assign([0..rows, settings.down..settings.down + 1], column(1))
}

/// A drawing as a sample of the model; nothing where nothing is drawn.
fn drawing(text: &str, model: &dyn Model, device: &Device) -> Result<Option<Tensor<2>>> {
    let &[channels, height, width] = &model.card().shape[..] else { return Ok(None) };
    let pixels = pixels(text, [width, height])?;
    if pixels.iter().all(|ink| *ink == 0) {
        return Ok(None);
    }
    let row: Vec<f32> =
        pixels.iter().map(|ink| 2.0 * f32::from(*ink) / f32::from(drawn::FULL) - 1.0).collect();
    let row = row.repeat(channels);
    let features = row.len();
    Ok(Some(Tensor::from_data(TensorData::new(row, [1, features]), device)))
}
