//! What is computed: one generation, its frames kept with the model's guess at each, and after it the one that leaves it.

use std::rc::Rc;

use burn::prelude::*;
use kiln::editing::{self, InpaintConfig};
use kiln::model::{Classes, Generate, Generation, Model, Request};
use kiln::{Error, Result, weights};
use serde::{Deserialize, Serialize};

use super::{Edit, Settings};
use crate::library::Library;

/// What the panel is told.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Report {
    /// Pictures of this shape are on their way, in so many steps; with the names of the classes.
    Begun(Vec<usize>, usize, Vec<String>),
    /// The next frame.
    Frame(Frame),
    /// Frames from this one on are drawn anew: a walk leaves here.
    Left(usize),
    /// Evaluations of the network.
    Done(usize),
    /// Why something could not be done.
    Refused(String),
}

/// Pictures after a step.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Frame {
    /// The noise level `σ/α`.
    pub level: f64,
    /// `x/α`, `[count, features]`.
    pub x: Vec<f32>,
    /// What the model thinks they will be, `[count, features]`; empty where it does not say.
    pub guess: Vec<f32>,
}

/// The panel's share of what computes.
#[derive(Default)]
pub struct Work {
    settings: Option<Settings>,
    model: Option<Rc<dyn Model>>,
    generation: Option<Box<dyn Generation>>,
    frames: Vec<Frame>,
    /// A walk that leaves another one is under way.
    leaving: bool,
    due: bool,
}

impl Work {
    /// Takes what is to be drawn.
    pub fn show(&mut self, settings: Settings) {
        *self = Self { settings: Some(settings), due: true, ..Self::default() };
    }

    /// Weights have come: whoever waited tries again.
    pub(crate) fn woken(&mut self) {
        self.due |= self.settings.is_some() && self.model.is_none();
    }

    /// Whether there is anything left to do.
    pub fn busy(&self) -> bool {
        self.due || self.generation.is_some()
    }

    pub(crate) async fn step(&mut self, library: &mut Library) -> Vec<Report> {
        match self.try_step(library).await {
            Ok(reports) => reports,
            Err(error) => {
                (self.due, self.generation) = (false, None);
                vec![Report::Refused(error.to_string())]
            }
        }
    }

    async fn try_step(&mut self, library: &mut Library) -> Result<Vec<Report>> {
        if std::mem::take(&mut self.due) {
            return self.begin(library);
        }
        let Some(generation) = &mut self.generation else { return Ok(Vec::new()) };
        let Some(frame) = generation.step() else {
            let evaluations = generation.evaluations();
            self.generation = None;
            let mut reports = vec![Report::Done(evaluations)];
            reports.extend(self.leave()?);
            return Ok(reports);
        };
        let frame = frame?;
        let guess = self.guess(&frame.x, frame.level, library.device()).await?;
        let frame = Frame { level: frame.level, x: weights::read(frame.x).await?, guess };
        self.frames.push(frame.clone());
        Ok(vec![Report::Frame(frame)])
    }

    fn begin(&mut self, library: &mut Library) -> Result<Vec<Report>> {
        let Some(settings) = &self.settings else { return Ok(Vec::new()) };
        let Some(model) = library.get(&settings.model) else { return Ok(Vec::new()) };
        let card = model.card();
        if card.shape.len() != 3 || card.vocabulary.is_some() {
            return Err(Error::argument(format!(
                "`{}` draws no pictures: choose another model",
                settings.model
            )));
        }
        let mut request = settings.request(card)?;
        if settings.edit == Edit::Sketch {
            request.edit = settings.sketched(&card.shape)?;
        }
        let generation = model.generate(&request)?;
        let begun = Report::Begun(card.shape.clone(), generation.steps(), card.classes.clone());
        (self.generation, self.model) = (Some(generation), Some(model.clone()));
        Ok(vec![begun])
    }

    /// Begins the walk that leaves the one that has ended, if there is to be one.
    fn leave(&mut self) -> Result<Vec<Report>> {
        let (Some(settings), Some(model)) = (&self.settings, &self.model) else { return Ok(Vec::new()) };
        if self.leaving || self.frames.is_empty() {
            return Ok(Vec::new());
        }
        let card = model.card();
        let steps = self.frames.len();
        let (edit, from) = match settings.edit {
            Edit::Fork => {
                let at = settings.fork.clamp(1, steps);
                let frame = &self.frames[at - 1];
                let rows = if frame.guess.is_empty() { &frame.x } else { &frame.guess };
                if at == steps {
                    return Ok(Vec::new());
                }
                (editing::Edit::From { rows: rows.clone(), strength: 1.0 - at as f64 / steps as f64 }, at)
            }
            Edit::Redraw => {
                let Some(mask) = settings.inked(&card.shape)? else { return Ok(Vec::new()) };
                let mask = mask.into_iter().map(f32::ceil).collect();
                let rows = self.frames[steps - 1].x.clone();
                (editing::Edit::Inpaint { rows, mask, method: InpaintConfig::named("replace")? }, 0)
            }
            Edit::Noise | Edit::Sketch => return Ok(Vec::new()),
        };
        let request = Request { edit: Some(edit), seed: settings.other, ..settings.request(card)? };
        self.generation = Some(model.generate(&request)?);
        self.leaving = true;
        self.frames.truncate(from);
        Ok(vec![Report::Left(from)])
    }

    /// `D(x; σ)`, told the classes.
    async fn guess(&self, x: &Tensor<2>, level: f64, device: &Device) -> Result<Vec<f32>> {
        let (Some(settings), Some(model)) = (&self.settings, &self.model) else { return Ok(Vec::new()) };
        let denoiser = model.generator().and_then(Generate::denoiser);
        let Some(denoiser) = denoiser.filter(|_| settings.guess && model.codec().is_none()) else {
            return Ok(Vec::new());
        };
        if level <= 0.0 {
            return weights::read(x.clone()).await;
        }
        let class = one_hot(&settings.request(model.card())?, model.card().classes.len(), device);
        weights::read(denoiser.denoise(x.clone(), level, class.as_ref())).await
    }
}

/// The classes that a request asks for, `[count, classes]`.
fn one_hot(request: &Request, classes: usize, device: &Device) -> Option<Tensor<2>> {
    if classes == 0 {
        return None;
    }
    let class = |row: usize| match request.classes {
        Classes::Any => None,
        Classes::One(class) => Some(class as usize),
        Classes::Each => Some((request.first as usize + row) % classes),
    };
    let mut values = vec![0.0_f32; request.count * classes];
    for row in 0..request.count {
        if let Some(class) = class(row) {
            values[row * classes + class] = 1.0;
        }
    }
    Some(Tensor::from_data(TensorData::new(values, [request.count, classes]), device))
}
