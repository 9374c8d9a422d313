//! A trained variational autoencoder.

use std::rc::Rc;

use burn::prelude::*;

use super::{VaeConfig, Variational};
use crate::codec::Codec;
use crate::latents::LatentSpace;
use crate::likelihood::Likelihood;
use crate::model::{Card, Generate, Model};
use crate::nn::{Named, Parametric};

/// A trained variational autoencoder.
pub struct Vae {
    pub(super) card: Card,
    pub(super) config: VaeConfig,
    pub(super) network: Rc<Variational>,
    pub(super) device: Device,
}

impl Model for Vae {
    fn card(&self) -> &Card {
        &self.card
    }
    fn generator(&self) -> Option<&dyn Generate> {
        Some(self)
    }
    fn likelihood(&self) -> Option<&dyn Likelihood> {
        Some(self)
    }
    /// That of no class.
    fn codec(&self) -> Option<&dyn Codec> {
        if self.config.does_without(&self.card.classes) { Some(&*self.network) } else { None }
    }
    fn latent(&self) -> Option<&dyn LatentSpace> {
        Some(&*self.network)
    }
    fn parameters(&self) -> Vec<Named> {
        self.network.parameters()
    }
}
