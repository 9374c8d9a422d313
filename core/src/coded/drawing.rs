//! A trained prior over codes: it draws codes, and shows what they stand for.

use std::rc::Rc;

use burn::prelude::*;

use super::NAMES;
use crate::codebook::Codebook;
use crate::codec::Codec;
use crate::device::read_all_now;
use crate::editing::Edit;
use crate::model::{Card, Frame, Generate, Generation, Helpers, Model, Request};
use crate::nn::{Named, named_under};
use crate::{Error, Result};

/// A trained prior over codes.
pub(super) struct Coded {
    pub(super) card: Card,
    pub(super) stage: Rc<dyn Model>,
    pub(super) prior: Box<dyn Model>,
    pub(super) device: Device,
}

fn codebook(stage: &Rc<dyn Model>) -> &dyn Codebook {
    stage.codes().expect("a stage should have a codebook")
}

impl Model for Coded {
    fn card(&self) -> &Card {
        &self.card
    }
    fn generator(&self) -> Option<&dyn Generate> {
        Some(self)
    }
    fn codec(&self) -> Option<&dyn Codec> {
        self.stage.codec()
    }
    fn codes(&self) -> Option<&dyn Codebook> {
        self.stage.codes()
    }
    fn parameters(&self) -> Vec<Named> {
        let [stage, prior] = NAMES;
        let stage = named_under(stage, self.stage.parameters());
        stage.into_iter().chain(named_under(prior, self.prior.parameters())).collect()
    }
}

impl Generate for Coded {
    fn begin_with(&self, request: &Request, helpers: &Helpers) -> Result<Box<dyn Generation>> {
        let edit = request.edit.as_ref().map(|edit| self.encoded(edit)).transpose()?;
        let request = Request { edit, ..request.clone() };
        let inner = self.prior.generate_with(&request, helpers)?;
        Ok(Box::new(Decoded { inner, stage: self.stage.clone() }))
    }

    fn defaults(&self) -> Request {
        self.prior.generator().map(Generate::defaults).unwrap_or_default()
    }
}

impl Coded {
    /// The edit of the samples' codes that stands for this edit of samples.
    fn encoded(&self, edit: &Edit) -> Result<Edit> {
        edit.check(&self.card.shape)?;
        let Edit::From { rows, strength } = edit else {
            return Err(Error::argument(
                "edit: a prior over codes draws codes, in which no pixel can be told, and which are not mixed; edit by strength \
                 alone",
            ));
        };
        let features = self.card.features();
        let data = TensorData::new(rows.clone(), [rows.len() / features, features]);
        let codes = codebook(&self.stage).encode(Tensor::from_data(data, &self.device));
        let why = "edit: a sample's codes have to be read before the walk begins, which this device cannot do at once: take the CPU";
        let rows = read_all_now(codes.reshape([-1]), why)?.into_iter().map(|code| code as f32).collect();
        Ok(Edit::From { rows, strength: *strength })
    }
}

/// A generation of codes, seen through the decoder.
struct Decoded {
    inner: Box<dyn Generation>,
    stage: Rc<dyn Model>,
}

impl Generation for Decoded {
    fn step(&mut self) -> Option<Result<Frame>> {
        let seen = |frame: Frame| Frame { x: codebook(&self.stage).decode(frame.x), ..frame };
        self.inner.step().map(|frame| frame.map(seen))
    }

    fn steps(&self) -> usize {
        self.inner.steps()
    }

    fn evaluations(&self) -> usize {
        self.inner.evaluations()
    }
}
