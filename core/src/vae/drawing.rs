//! Generation: a latent of the prior, and what it stands for, in one step.

use std::rc::Rc;

use burn::prelude::*;

use super::{Shown, Vae, Variational};
use crate::Result;
use crate::classes::{Guide, Taught};
use crate::model::{Asked, Frame, Generate, Generation, Helpers, Request};
use crate::nn::Mode;
use crate::samplers::Noise;

impl Generate for Vae {
    fn begin_with(&self, request: &Request, helpers: &Helpers) -> Result<Box<dyn Generation>> {
        request.check(helpers, "a variational autoencoder", why_not)?;
        let taught = Taught { classes: self.card.classes.len(), label_dropout: self.config.label_dropout };
        let guide = Guide::asked(request, 1.0, taught, &self.device)?;
        Ok(Box::new(Drawing {
            network: self.network.clone(),
            class: guide.class,
            of_latents: request.noise(self.network.latents(), &self.device),
            of_samples: request.noise(self.card.features(), &self.device),
            shown: self.config.shown,
            done: false,
        }))
    }

    fn defaults(&self) -> Request {
        Request { steps: Some(1), ..Request::default() }
    }
}

fn why_not(asked: Asked) -> Option<&'static str> {
    (asked != Asked::Steps(1))
        .then_some("it draws a sample in one pass of its decoder, and walks by no steps")
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
