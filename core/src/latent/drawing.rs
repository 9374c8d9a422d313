//! A trained latent model: it draws latents, and shows what they stand for.

use std::rc::Rc;

use burn::prelude::*;

use super::helpers;
use crate::codec::Codec;
use crate::device::read_all_now;
use crate::editing::Edit;
use crate::guidance::Conditional;
use crate::model::{Card, Frame, Generate, Generation, Helpers, Model, Request};
use crate::nn::Named;
use crate::{Error, Result};

/// A trained latent model.
pub(super) struct Latent {
    pub(super) card: Card,
    pub(super) stage: Rc<dyn Model>,
    pub(super) diffusion: Box<dyn Model>,
    pub(super) scale: f64,
    pub(super) device: Device,
}

/// The stage of a latent model, as a codec.
pub(super) fn codec(stage: &dyn Model) -> &dyn Codec {
    stage.codec().expect("a stage should have a codec")
}

impl Model for Latent {
    fn card(&self) -> &Card {
        &self.card
    }
    fn generator(&self) -> Option<&dyn Generate> {
        Some(self)
    }
    fn codec(&self) -> Option<&dyn Codec> {
        self.stage.codec()
    }
    fn parameters(&self) -> Vec<Named> {
        let under = |prefix: &'static str| {
            move |named: Named| Named { path: format!("{prefix}.{}", named.path), ..named }
        };
        let stage = self.stage.parameters().into_iter().map(under("stage"));
        stage.chain(self.diffusion.parameters().into_iter().map(under("diffusion"))).collect()
    }
}

impl Generate for Latent {
    fn begin_with(&self, request: &Request, helpers: &Helpers) -> Result<Box<dyn Generation>> {
        let edit = request.edit.as_ref().map(|edit| self.encoded(edit)).transpose()?;
        let request = Request { edit, ..request.clone() };
        let helpers = helpers::in_latents(self, helpers)?;
        let inner = self.diffusion.generate_with(&request, &helpers)?;
        Ok(Box::new(Decoded { inner, stage: self.stage.clone(), scale: self.scale }))
    }

    /// The denoiser of latents.
    fn denoiser(&self) -> Option<Rc<dyn Conditional>> {
        self.diffusion.generator()?.denoiser()
    }

    fn defaults(&self) -> Request {
        self.diffusion.generator().map(Generate::defaults).unwrap_or_default()
    }
}

impl Latent {
    /// The edit of the samples' latents that stands for this edit of samples.
    fn encoded(&self, edit: &Edit) -> Result<Edit> {
        edit.check(&self.card.shape)?;
        let refused = |what: &str| {
            let message = format!(
                "{what}: a latent model draws latents, in which no pixel can be told; edit with a model of pictures, or by \
                 strength alone"
            );
            Err(Error::argument(message))
        };
        match edit {
            Edit::From { rows, strength } => {
                Ok(Edit::From { rows: self.latents(rows)?, strength: *strength })
            }
            Edit::Between { rows, frames } => {
                Ok(Edit::Between { rows: self.latents(rows)?, frames: *frames })
            }
            Edit::Inpaint { .. } => refused("mask"),
            Edit::Measured { .. } => refused("measurement"),
        }
    }

    /// The latents of samples, on the host.
    fn latents(&self, rows: &[f32]) -> Result<Vec<f32>> {
        let features = self.card.features();
        let data = TensorData::new(rows.to_vec(), [rows.len() / features, features]);
        let z = codec(&*self.stage).encode(Tensor::from_data(data, &self.device)) * self.scale;
        let why = "edit: a sample's latent has to be read before the walk begins, which this device cannot do at once: take the CPU";
        read_all_now(z.reshape([-1]), why)
    }
}

/// A generation of latents, seen through the decoder.
struct Decoded {
    inner: Box<dyn Generation>,
    stage: Rc<dyn Model>,
    scale: f64,
}

impl Generation for Decoded {
    fn step(&mut self) -> Option<Result<Frame>> {
        let seen = |frame: Frame| Frame { x: codec(&*self.stage).decode(frame.x / self.scale), ..frame };
        self.inner.step().map(|frame| frame.map(seen))
    }

    fn steps(&self) -> usize {
        self.inner.steps()
    }

    fn evaluations(&self) -> usize {
        self.inner.evaluations()
    }
}
