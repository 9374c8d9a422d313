//! A trained flow: exact densities, samples, and the base as latents.

use std::rc::Rc;

use burn::prelude::*;

use super::FlowConfig;
use super::chain::Chain;
use super::dequantisation::Spread;
use super::generation;
use crate::codec::Codec;
use crate::distributions::special::log_sum_exp;
use crate::likelihood::{Cells, Counted, Estimation, Exact, Likelihood, LikelihoodConfig, Method, Query};
use crate::model::{Card, Generate, Generation, Helpers, Model, Request};
use crate::nn::{Mode, Named, Parametric, Trace};
use crate::samplers::Noise;
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
    fn stages(&self, x: Tensor<2>) -> Vec<Tensor<2>> {
        let told = self.untold(x.dims()[0]);
        self.chain.stages(x, told.as_ref())
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

    /// What a query asks of rows.
    fn asked(&self, rows: Tensor<2>, query: &Query) -> Result<Asked> {
        let own = self.config.dequantisation.cells();
        let cells = query.cells.filter(|cells| Some(*cells) != own);
        Ok(Asked {
            told: query.told(rows.dims()[0], self.chain.told(), self.config.label_dropout, &self.device)?,
            noise: query.noise(&rows),
            chain: self.chain.clone(),
            discrete: cells.is_some() || own.is_some(),
            cells,
            rows,
        })
    }
}

/// Rows that are judged.
struct Asked {
    chain: Rc<Chain>,
    rows: Tensor<2>,
    told: Option<Tensor<2>>,
    /// Where these are not the flow's own.
    cells: Option<Cells>,
    /// Whether the rows stand for cells at all.
    discrete: bool,
    noise: Noise,
}

impl Asked {
    /// Points of the cells, each by noise of its own, the first by the query's; and `−ln q` of them.
    fn points(&self, number: usize) -> [Tensor<2>; 2] {
        let noise = Noise {
            seed: self.noise.seed.wrapping_add(APART.wrapping_mul(number as u64)),
            ..self.noise.clone()
        };
        match self.cells {
            Some(cells) => Spread::spread(&cells, self.rows.clone(), &noise, Mode::Infer),
            None => self.chain.spread(self.rows.clone(), &noise, Mode::Infer),
        }
    }

    /// `ln p(y)/q(y)` of them, `[batch, 1]`.
    fn log_prob(&self, number: usize) -> Tensor<2> {
        let [y, more] = self.points(number);
        self.chain.log_prob(y, self.told.as_ref(), Mode::Infer) + more
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
        let (draws, asked) = (draws(query.method.as_ref())?, self.asked(rows, query)?);
        let steps = if asked.discrete { draws } else { 1 };
        let mut sums: Option<Tensor<2>> = None;
        Ok(Box::new(Counted::new(steps, move |step| {
            let found = asked.log_prob(step);
            let all = match sums.take() {
                Some(sums) => log_sum_exp(Tensor::cat(vec![sums, found], 1), 1),
                None => found,
            };
            sums = Some(all.clone());
            Ok((step + 1 == steps).then(|| (all - (steps as f64).ln()).reshape([-1])))
        })))
    }

    fn trace(&self, rows: Tensor<2>, query: &Query) -> Result<Option<Trace>> {
        let asked = self.asked(rows, query)?;
        Ok(Some(self.chain.trace(asked.points(0), asked.told.as_ref(), Mode::Infer)))
    }
}

/// What is between the seeds of an example's points.
const APART: u64 = 0x9E37_79B9_7F4A_7C15;

/// `K`.
fn draws(method: Option<&LikelihoodConfig>) -> Result<usize> {
    match method {
        None => Ok(Exact::default().draws),
        Some(LikelihoodConfig::Exact(exact)) => {
            exact.check()?;
            Ok(exact.draws)
        }
        Some(other) => Err(Error::argument(format!(
            "likelihood: a flow's density is known; take `exact`, or leave the method out, not `{}`",
            other.name()
        ))),
    }
}
