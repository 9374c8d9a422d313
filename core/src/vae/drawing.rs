//! Generation: a latent of the prior, and what it stands for, in one step.

use std::rc::Rc;

use burn::prelude::*;

use super::{Shown, Vae, Variational};
use crate::classes::{Guide, Taught, insists};
use crate::model::{Frame, Generate, Generation, Helpers, Request};
use crate::nn::Mode;
use crate::samplers::Noise;
use crate::{Error, Result};

impl Generate for Vae {
    fn begin_with(&self, request: &Request, helpers: &Helpers) -> Result<Box<dyn Generation>> {
        if request.count == 0 {
            return Err(Error::argument("count: at least 1 sample has to be drawn, not 0"));
        }
        refuse_what_is_for_walks(request, helpers)?;
        let taught = Taught { classes: self.card.classes.len(), label_dropout: self.config.label_dropout };
        let guide = Guide::asked(request, 1.0, taught, &self.device)?;
        let noise = |features| Noise {
            seed: request.seed,
            first: request.first,
            rows: request.count,
            features,
            device: self.device.clone(),
        };
        Ok(Box::new(Drawing {
            network: self.network.clone(),
            class: guide.class,
            of_latents: noise(self.network.latents()),
            of_samples: noise(self.card.features()),
            shown: self.config.shown,
            done: false,
        }))
    }

    fn defaults(&self) -> Request {
        Request { steps: Some(1), ..Request::default() }
    }
}

/// It walks nowhere: a sample is one pass of the decoder.
fn refuse_what_is_for_walks(request: &Request, helpers: &Helpers) -> Result<()> {
    let asked = [
        ("sampler", request.sampler.is_some()),
        ("schedule", request.schedule.is_some()),
        ("grid", request.grid.is_some()),
        ("steps", request.steps.is_some_and(|steps| steps != 1)),
        ("guidance", insists(request)),
        ("guiding", request.guiding.is_some()),
        ("decoding", request.decoding.is_some()),
        ("epsilon", request.epsilon.is_some()),
        ("edit", request.edit.is_some()),
        ("weak", helpers.weak.is_some()),
        ("classifier", helpers.classifier.is_some()),
    ];
    match asked.into_iter().find(|(_, asked)| *asked) {
        None => Ok(()),
        Some((name, _)) => Err(Error::argument(format!(
            "{name}: a variational autoencoder draws a sample in one pass of its decoder, and walks by no steps; leave it out"
        ))),
    }
}

struct Drawing {
    network: Rc<Variational>,
    class: Option<Tensor<2>>,
    of_latents: Noise,
    of_samples: Noise,
    shown: Shown,
    done: bool,
}

impl Drawing {
    fn draw(&self) -> Tensor<2> {
        let z = self.network.prior_draw(&self.of_latents, 0);
        let said = self.network.said(z, self.class.as_ref(), Mode::Infer);
        match self.shown {
            Shown::Mean => self.network.observation.mean(said),
            Shown::Sample => self.network.observation.sample(said, &self.of_samples),
        }
    }
}

impl Generation for Drawing {
    fn step(&mut self) -> Option<Result<Frame>> {
        if self.done {
            return None;
        }
        self.done = true;
        Some(Ok(Frame { step: 1, steps: 1, level: 0.0, x: self.draw() }))
    }

    fn steps(&self) -> usize {
        1
    }

    fn evaluations(&self) -> usize {
        usize::from(self.done)
    }
}
