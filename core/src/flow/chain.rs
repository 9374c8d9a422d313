//! The network of a flow: bijections one after the other, the base that they lead to, and what spreads discrete data.

use burn::prelude::*;

use super::bases::Base;
use super::dequantisation::Spread;
use super::sequence::Sequence;
use super::{FlowConfig, Map, Place};
use crate::Result;
use crate::config::check::under;
use crate::nn::{Condition, Init, Interface, Mode, Network, Parametric, Trace};
use crate::samplers::Noise;

/// Bijections in the normalising order, and the distribution they lead to.
pub struct Chain {
    bijections: Sequence,
    base: Box<dyn Base>,
    spread: Box<dyn Spread>,
    told: usize,
}

impl Chain {
    pub(super) fn build(config: &FlowConfig, interface: &Interface, init: &Init) -> Result<Self> {
        let told = interface.classes.len();
        let place = Place { shape: interface.shape.clone(), told, number: 0 };
        let (bijections, _) = Sequence::build(&config.transforms, config.repeat, &place, init)?;
        let base = under("base", config.base.build(interface.features(), told, &init.at("base")))?;
        let name = "dequantisation";
        let spread = under(name, config.dequantisation.build(&interface.shape, &init.at(name)))?;
        Ok(Self { bijections, base, spread, told })
    }

    /// How many numbers it is told beside a row.
    pub(super) fn told(&self) -> usize {
        self.told
    }

    /// How many bijections there are.
    pub(super) fn len(&self) -> usize {
        self.bijections.len()
    }

    /// `z` and `ln |det ∂z/∂x|`.
    pub(super) fn normalise(&self, x: Tensor<2>, told: Option<&Tensor<2>>, mode: Mode) -> [Tensor<2>; 2] {
        self.bijections.normalise(x, told, mode)
    }

    /// `log p(x)`, `[batch, 1]`.
    pub(super) fn log_prob(&self, x: Tensor<2>, told: Option<&Tensor<2>>, mode: Mode) -> Tensor<2> {
        let [z, log] = self.normalise(x, told, mode);
        self.base.log_prob(z, told) + log
    }

    /// What all parts give of rows in the normalising direction, in their order; `more` is as [`Chain::spread`] gives it.
    pub(super) fn trace(&self, [x, more]: [Tensor<2>; 2], told: Option<&Tensor<2>>, mode: Mode) -> Trace {
        let mut trace = Trace::default();
        trace.note("the rows given".into(), &x);
        trace.note("the log-density of `dequantisation`".into(), &more);
        let z = self.bijections.trace(x, (told, mode), "", &mut trace);
        trace.note("the log-density of `base`".into(), &self.base.log_prob(z, told));
        trace
    }

    /// A point of the cells of discrete data, and `−ln q` of it: what their probability exceeds its density by, in the mean at least.
    pub(super) fn spread(&self, x: Tensor<2>, noise: &Noise, mode: Mode) -> [Tensor<2>; 2] {
        self.spread.spread(x, noise, mode)
    }

    /// Rows of the base.
    pub(super) fn draw(&self, noise: &Noise, told: Option<&Tensor<2>>) -> Tensor<2> {
        self.base.draw(noise, told)
    }

    /// Rows of the flow, and `log p(x)` of each, `[batch, 1]`.
    pub(super) fn drawn(&self, noise: &Noise, told: Option<&Tensor<2>>) -> [Tensor<2>; 2] {
        let z = self.draw(noise, told);
        let base = self.base.log_prob(z.clone(), told);
        let [x, log] = self.generate(z, told);
        [x, base - log]
    }

    /// Rows after each bijection, the first one first.
    pub(super) fn stages(&self, x: Tensor<2>, told: Option<&Tensor<2>>) -> Vec<Tensor<2>> {
        self.bijections.stages(x, told)
    }

    /// One bijection back, the last one first, and the logarithm of its determinant.
    pub(super) fn back(&self, link: usize, z: &Tensor<2>, told: Option<&Tensor<2>>) -> [Tensor<2>; 2] {
        self.bijections.back(link, z, told)
    }

    /// `x` and `ln |det ∂x/∂z|`.
    pub(super) fn generate(&self, z: Tensor<2>, told: Option<&Tensor<2>>) -> [Tensor<2>; 2] {
        self.bijections.generate(z, told)
    }

    /// Each bijection takes what it wants of the rows that reach it.
    pub(super) fn prepare(&mut self, x: &Tensor<2>, told: Option<&Tensor<2>>) -> bool {
        self.bijections.prepare(x, told)
    }
}

impl Network for Chain {
    /// `z`.
    fn forward(&self, x: Tensor<2>, condition: &Condition, mode: Mode) -> Tensor<2> {
        let [z, _] = self.normalise(x, condition.class.as_ref(), mode);
        z
    }
}

impl Parametric for Chain {
    fn parts(&self) -> Vec<(String, &dyn Parametric)> {
        let mut parts = self.bijections.parts();
        parts.push(("base".into(), &*self.base));
        parts.extend(self.spread.network().map(|network| ("dequantisation".into(), network as _)));
        parts
    }

    fn parts_mut(&mut self) -> Vec<&mut dyn Parametric> {
        let mut parts = self.bijections.parts_mut();
        parts.push(&mut *self.base);
        parts.extend(self.spread.network_mut().map(|network| network as _));
        parts
    }
}
