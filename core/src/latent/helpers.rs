//! Helpers of a walk among latents: a weaker latent model as it is, a classifier of samples through the decoder.
//!
//! `log p(c | z) = log p(c | g(z/a))`, so that the gradient of guidance comes through `g` as well.

use std::rc::Rc;

use burn::prelude::*;

use super::drawing::Latent;
use super::scaled::{Scaled, alike};
use crate::codec::Codec;
use crate::guidance::Conditional;
use crate::model::{Card, Classify, Generate, Generation, Helpers, Model, Request};
use crate::nn::Named;
use crate::{Error, Result};

/// The helpers for the diffusion model inside of `latent`.
pub(super) fn in_latents(latent: &Latent, helpers: &Helpers) -> Result<Helpers> {
    let weak = helpers.weak.as_ref().map(|model| weak(latent, model)).transpose()?;
    let classifier = helpers.classifier.as_ref().map(|model| classifier(latent, model)).transpose()?;
    Ok(Helpers { weak, classifier })
}

/// Refuses a helper of other samples, before its card is changed to that of latents.
fn same_samples(latent: &Latent, name: &str, helper: &dyn Model) -> Result<()> {
    let (own, other) = (&latent.card.shape, &helper.card().shape);
    if own == other {
        return Ok(());
    }
    Err(Error::argument(format!(
        "{name}: it is of samples of shape {other:?}, the model of {own:?}; take one of the same data"
    )))
}

fn weak(latent: &Latent, model: &Rc<dyn Model>) -> Result<Rc<dyn Model>> {
    same_samples(latent, "weak", &**model)?;
    let own = latent.codec.latent_shape();
    let Some(codec) = model.codec().filter(|codec| codec.latent_shape() == own) else {
        return Err(Error::argument(format!(
            "weak: a {} does not draw latents of shape {own:?}; take an earlier checkpoint of this latent model",
            model.card().family
        )));
    };
    if !alike(&*latent.codec, codec, latent.card.features(), &latent.device)? {
        return Err(Error::argument(
            "weak: its latents are of another autoencoder or of another scale; take an earlier checkpoint of this latent model",
        ));
    }
    Ok(Rc::new(Weak { card: of_latents(model.card(), own), model: model.clone() }))
}

fn classifier(latent: &Latent, model: &Rc<dyn Model>) -> Result<Rc<dyn Model>> {
    same_samples(latent, "classifier", &**model)?;
    let card = of_latents(model.card(), latent.codec.latent_shape());
    Ok(Rc::new(Reader { card, model: model.clone(), codec: latent.codec.clone() }))
}

fn of_latents(card: &Card, shape: &[usize]) -> Card {
    Card { shape: shape.to_vec(), ..card.clone() }
}

/// A weaker latent model, seen from among the latents.
struct Weak {
    card: Card,
    model: Rc<dyn Model>,
}

impl Model for Weak {
    fn card(&self) -> &Card {
        &self.card
    }
    fn generator(&self) -> Option<&dyn Generate> {
        self.model.generator().map(|_| self as &dyn Generate)
    }
    fn parameters(&self) -> Vec<Named> {
        self.model.parameters()
    }
}

impl Generate for Weak {
    fn begin_with(&self, request: &Request, helpers: &Helpers) -> Result<Box<dyn Generation>> {
        self.model.generate_with(request, helpers)
    }
    fn denoiser(&self) -> Option<Rc<dyn Conditional>> {
        self.model.generator()?.denoiser()
    }
    fn defaults(&self) -> Request {
        self.model.generator().map(Generate::defaults).unwrap_or_default()
    }
}

/// A classifier of samples that reads latents.
struct Reader {
    card: Card,
    model: Rc<dyn Model>,
    codec: Rc<Scaled>,
}

impl Reader {
    fn classify(&self) -> &dyn Classify {
        self.model.classifier().expect("it was asked before")
    }
}

impl Model for Reader {
    fn card(&self) -> &Card {
        &self.card
    }
    fn classifier(&self) -> Option<&dyn Classify> {
        self.model.classifier().map(|_| self as &dyn Classify)
    }
    fn parameters(&self) -> Vec<Named> {
        self.model.parameters()
    }
}

impl Classify for Reader {
    fn logits(&self, z: Tensor<2>) -> Tensor<2> {
        self.classify().logits(self.codec.decode(z))
    }
    fn features(&self, z: Tensor<2>) -> Tensor<2> {
        self.classify().features(self.codec.decode(z))
    }
}
