//! A trained latent model: it draws latents, and shows what they stand for.

use std::rc::Rc;

use burn::prelude::*;

use super::NAMES;
use super::helpers;
use super::scaled::Scaled;
use crate::codec::Codec;
use crate::device::read_all_now;
use crate::editing::Edit;
use crate::guidance::Conditional;
use crate::model::{Card, Frame, Generate, Generation, Helpers, Model, Request};
use crate::nn::{Named, named_under};
use crate::{Error, Result};

/// A trained latent model.
pub(super) struct Latent {
    pub(super) card: Card,
    pub(super) codec: Rc<Scaled>,
    pub(super) diffusion: Box<dyn Model>,
    pub(super) device: Device,
}

impl Model for Latent {
    fn card(&self) -> &Card {
        &self.card
    }
    fn generator(&self) -> Option<&dyn Generate> {
        Some(self)
    }
    fn codec(&self) -> Option<&dyn Codec> {
        Some(&*self.codec)
    }
    fn parameters(&self) -> Vec<Named> {
        let [stage, diffusion] = NAMES;
        let stage = named_under(stage, self.codec.stage.parameters());
        stage.into_iter().chain(named_under(diffusion, self.diffusion.parameters())).collect()
    }
}

impl Generate for Latent {
    fn begin_with(&self, request: &Request, helpers: &Helpers) -> Result<Box<dyn Generation>> {
        self.check_threshold(request)?;
        let edit = request.edit.as_ref().map(|edit| self.encoded(edit)).transpose()?;
        let request = Request { edit, ..request.clone() };
        let helpers = helpers::in_latents(self, helpers)?;
        let inner = self.diffusion.generate_with(&request, &helpers)?;
        Ok(Box::new(Decoded { inner, codec: self.codec.clone() }))
    }

    /// The denoiser of latents.
    fn denoiser(&self) -> Option<Rc<dyn Conditional>> {
        self.diffusion.generator()?.denoiser()
    }

    fn range(&self) -> Option<[f64; 2]> {
        self.diffusion.generator()?.range()
    }

    fn defaults(&self) -> Request {
        self.diffusion.generator().map(Generate::defaults).unwrap_or_default()
    }
}

impl Latent {
    /// A bound of samples is none of latents; the model's own was set by who knew these.
    fn check_threshold(&self, request: &Request) -> Result<()> {
        let of = |request: &Request| request.guiding.as_ref().and_then(|guiding| guiding.threshold.clone());
        let asked = of(request);
        if asked.is_none() || asked == of(&self.defaults()) {
            return Ok(());
        }
        Err(Error::argument(
            "threshold: it bounds pixels, and a latent model walks among latents; leave it out",
        ))
    }

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
        let z = self.codec.encode(Tensor::from_data(data, &self.device));
        let why = "edit: a sample's latent has to be read before the walk begins, which this device cannot do at once: take the CPU";
        Ok(read_all_now(z.reshape([-1]), why)?.into_iter().map(|z| z as f32).collect())
    }
}

/// A generation of latents, seen through the decoder.
struct Decoded {
    inner: Box<dyn Generation>,
    codec: Rc<Scaled>,
}

impl Generation for Decoded {
    fn step(&mut self) -> Option<Result<Frame>> {
        let seen = |frame: Frame| Frame { x: self.codec.decode(frame.x), ..frame };
        self.inner.step().map(|frame| frame.map(seen))
    }

    fn steps(&self) -> usize {
        self.inner.steps()
    }

    fn evaluations(&self) -> usize {
        self.inner.evaluations()
    }
}
