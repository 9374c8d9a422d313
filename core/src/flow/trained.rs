//! A trained flow: exact densities, samples, and the base as latents.

use std::rc::Rc;

use burn::prelude::*;

use super::FlowConfig;
use super::chain::Chain;
use super::dequantisation::Spread;
use super::generation;
use crate::codec::Codec;
use crate::likelihood::{Counted, Estimation, Likelihood, LikelihoodConfig, Query};
use crate::model::{Card, Generate, Generation, Helpers, Model, Request};
use crate::nn::{Mode, Named, Network, Trace};
use crate::{Error, Result};

/// A trained flow.
pub struct Flow {
    pub(super) card: Card,
    pub(super) config: FlowConfig,
    pub(super) chain: Rc<Chain>,
    pub(super) device: Device,
}

impl Flow {
    pub(super) fn new(config: FlowConfig, card: Card, chain: Chain, device: &Device) -> Self {
        Self { card, config, chain: Rc::new(chain), device: device.clone() }
    }

    /// `log p(x)` in nats, `[batch, 1]`; `told` are classes, one-hot.
    pub fn log_prob(&self, x: Tensor<2>, told: Option<&Tensor<2>>) -> Tensor<2> {
        self.chain.log_prob(x, told, Mode::Infer)
    }

    /// Rows of the base to samples, and `ln |det ∂x/∂z|`, `[batch, 1]`.
    pub fn generate_from(&self, z: Tensor<2>, told: Option<&Tensor<2>>) -> [Tensor<2>; 2] {
        self.chain.generate(z, told)
    }
}

impl Model for Flow {
    fn card(&self) -> &Card {
        &self.card
    }
    fn generator(&self) -> Option<&dyn Generate> {
        Some(self)
    }
    fn likelihood(&self) -> Option<&dyn Likelihood> {
        Some(self)
    }
    fn codec(&self) -> Option<&dyn Codec> {
        Some(self)
    }
    fn parameters(&self) -> Vec<Named> {
        self.chain.parameters()
    }
}

impl Generate for Flow {
    fn begin_with(&self, request: &Request, helpers: &Helpers) -> Result<Box<dyn Generation>> {
        generation::begin(self, request, helpers)
    }

    fn defaults(&self) -> Request {
        Request::default()
    }
}

impl Codec for Flow {
    fn latent_shape(&self) -> &[usize] {
        &self.card.shape
    }
    fn encode(&self, x: Tensor<2>) -> Tensor<2> {
        let told = self.untold(x.dims()[0]);
        let [z, _] = self.chain.normalise(x, told.as_ref(), Mode::Infer);
        z
    }
    fn decode(&self, z: Tensor<2>) -> Tensor<2> {
        let told = self.untold(z.dims()[0]);
        let [x, _] = self.chain.generate(z, told.as_ref());
        x
    }
    fn deviation(&self) -> Option<f64> {
        Some(1.0)
    }
}

impl Flow {
    /// "No class", for so many rows.
    fn untold(&self, rows: usize) -> Option<Tensor<2>> {
        let told = self.chain.told();
        (told > 0).then(|| Tensor::zeros([rows, told], &self.device))
    }

    /// Rows as they are judged, what their log-probability exceeds their log-density by, and what is told beside them.
    fn read(&self, rows: Tensor<2>, query: &Query) -> Result<([Tensor<2>; 2], Option<Tensor<2>>)> {
        let told = query.told(rows.dims()[0], self.chain.told(), self.config.label_dropout, &self.device)?;
        let noise = query.noise(&rows);
        let others = query.cells.filter(|cells| Some(*cells) != self.config.dequantisation.cells());
        let spread = match others {
            Some(cells) => Spread::spread(&cells, rows, &noise, Mode::Infer),
            None => self.chain.spread(rows, &noise, Mode::Infer),
        };
        Ok((spread, told))
    }
}

impl Likelihood for Flow {
    fn judge(&self, rows: Tensor<2>, query: &Query) -> Result<Box<dyn Estimation>> {
        let [batch, features] = rows.dims();
        if batch == 0 || features != self.card.features() {
            return Err(Error::argument(format!(
                "likelihood: wanted rows of {} numbers, at least 1; these are {batch} of {features}",
                self.card.features()
            )));
        }
        if let Some(method) =
            query.method.as_ref().filter(|method| !matches!(method, LikelihoodConfig::Exact(_)))
        {
            return Err(Error::argument(format!(
                "likelihood: a flow's density is known; take `exact`, or leave the method out, not `{}`",
                method.name()
            )));
        }
        let ([rows, more], told) = self.read(rows, query)?;
        let chain = self.chain.clone();
        Ok(Box::new(Counted::new(1, move |_| {
            let log_prob = chain.log_prob(rows.clone(), told.as_ref(), Mode::Infer) + more.clone();
            Ok(Some(log_prob.reshape([-1])))
        })))
    }

    fn trace(&self, rows: Tensor<2>, query: &Query) -> Result<Option<Trace>> {
        let (rows, told) = self.read(rows, query)?;
        Ok(Some(self.chain.trace(rows, told.as_ref(), Mode::Infer)))
    }
}
