//! A trained interpolant: its velocity, its noise, its generations.

use std::rc::Rc;

use burn::prelude::*;

use super::solver::Known;
use super::source::Source;
use super::{InterpolantConfig, told, walk};
use crate::classes::{Guide, Taught};
use crate::config::check::under;
use crate::data::Split;
use crate::likelihood::integrators::Passage;
use crate::likelihood::{IntegratorConfig, Likelihood};
use crate::model::{Card, Generate, Generation, Helpers, Model, Request};
use crate::nn::{Condition, Interface, Mode, Named, Network, count};
use crate::random::{Key, Purpose};
use crate::{Result, samplers};

/// A trained interpolant.
pub struct Interpolant {
    pub(super) card: Card,
    pub(super) field: Rc<Field>,
}

/// What a generation shares with its model.
pub(super) struct Field {
    pub(super) config: InterpolantConfig,
    network: Box<dyn Network>,
    pub(super) interface: Interface,
    pub(super) device: Device,
    source: Source,
}

impl InterpolantConfig {
    /// The interpolant around a network, as what it is.
    pub fn trained(
        &self,
        interface: &Interface,
        network: Box<dyn Network>,
        device: &Device,
    ) -> Result<Interpolant> {
        self.check()?;
        let source = under("source", self.source.open(interface, Split::Test))?;
        let interface = self.interface(interface);
        let card = Card::new("interpolant", &interface, count(&network.parameters()));
        let (config, device) = (self.clone(), device.clone());
        Ok(Interpolant { card, field: Rc::new(Field { config, network, interface, device, source }) })
    }
}

impl Field {
    /// What the network says: the velocity, and the noise where it is learnt beside it.
    fn output(&self, x: Tensor<2>, t: f64, guide: &Guide) -> Tensor<2> {
        guide.answer(|class| {
            let condition = Condition { noise: told(&[t]), class, ..Condition::default() };
            self.network.forward(x.clone(), &condition, Mode::Infer)
        })
    }

    /// `v(x, t)`, `[batch, features]`.
    pub(super) fn velocity(&self, x: Tensor<2>, t: f64, guide: &Guide) -> Tensor<2> {
        let features = x.dims()[1];
        self.output(x, t, guide).narrow(1, 0, features)
    }

    /// `v`, and `E[z | x]` with the standard deviation of the noise `z` in `x`, which may be 0.
    ///
    /// Without noise on the way a Gaussian source is the noise: `E[x₀ | x]` solves `x = a x₀ + b x₁`, `v = ȧ x₀ + ḃ x₁`.
    pub(super) fn velocity_and_noise(
        &self,
        x: Tensor<2>,
        t: f64,
        guide: &Guide,
    ) -> (Tensor<2>, Tensor<2>, f64) {
        let features = x.dims()[1];
        let output = self.output(x.clone(), t, guide);
        let v = output.clone().narrow(1, 0, features);
        let Known::Source(std) = self.config.known_noise() else {
            return (v, output.narrow(1, features, features), self.config.noise.at(t));
        };
        let ([a, b], [da, db]) = (self.config.path.at(t), self.config.path.slope(t));
        let x0 = (v.clone() * b - x * db) / (da * b - db * a);
        (v, x0 / std, a * std)
    }

    /// What classes it has learnt.
    pub(super) fn taught(&self) -> Taught {
        Taught { classes: self.interface.classes.len(), label_dropout: self.config.label_dropout }
    }

    /// Rows of `x_0`, each by its own key: of the source, blurred where there is noise at the ends.
    pub(super) fn start(&self, noise: &samplers::Noise) -> Tensor<2> {
        let x = self.drawn(noise);
        let blur = self.config.noise.ends();
        // The same draws as while learning.
        if blur > 0.0 { x + noise.draw(Purpose::Noise, 1) * blur } else { x }
    }

    /// Rows of the source.
    fn drawn(&self, noise: &samplers::Noise) -> Tensor<2> {
        let mut values = vec![0.0; noise.rows * noise.features];
        for (row, values) in values.chunks_mut(noise.features).enumerate() {
            self.source.fill(Key::new(noise.seed, Purpose::Noise, noise.first + row as u64), values);
        }
        Tensor::from_data(TensorData::new(values, [noise.rows, noise.features]), &noise.device)
    }
}

impl Interpolant {
    /// The velocity at a time from 0 (source) to 1 (data), of rows without a class, `[batch, features]`.
    pub fn velocity(&self, x: Tensor<2>, t: f64) -> Tensor<2> {
        self.field.velocity(x.clone(), t, &self.unguided(x.dims()[0]))
    }

    /// The rows that a request with this seed would begin from, `[rows, features]`.
    pub fn source(&self, seed: u64, first: u64, rows: usize) -> Tensor<2> {
        let (features, device) = (self.card.features(), self.field.device.clone());
        self.field.start(&samplers::Noise { seed, first, rows, features, device })
    }

    /// `∫ E‖v(x_t, t)‖² dt` along the ODE from these rows, `[1]`: at least `W₂²` between its ends, with equality for optimal transport
    /// (Benamou and Brenier 2000, <https://doi.org/10.1007/s002110050002>).
    pub fn path_energy(&self, x: Tensor<2>, steps: usize) -> Result<Tensor<1>> {
        let [rows, features] = x.dims();
        let guide = self.unguided(rows);
        let state = Tensor::cat(vec![x.clone(), x.zeros_like().sum_dim(1)], 1);
        let integrator = IntegratorConfig::named("rk4")?;
        let mut passage = Passage::new(&*integrator, None, [0.0, 1.0], steps, state);
        while !passage.over() {
            passage.step(|t, state| {
                let v = self.field.velocity(state.clone().narrow(1, 0, features), t, &guide);
                Tensor::cat(vec![v.clone(), v.square().sum_dim(1)], 1)
            })?;
        }
        Ok(passage.y().clone().narrow(1, features, 1).mean())
    }

    fn unguided(&self, rows: usize) -> Guide {
        let classes = self.card.classes.len();
        let class = (classes > 0).then(|| Tensor::zeros([rows, classes], &self.field.device));
        Guide { class, scale: 1.0 }
    }
}

impl Model for Interpolant {
    fn card(&self) -> &Card {
        &self.card
    }
    fn generator(&self) -> Option<&dyn Generate> {
        Some(self)
    }
    fn likelihood(&self) -> Option<&dyn Likelihood> {
        // Elsewhere the source's density is a formula of the host's, or none.
        self.field.config.source.std().map(|_| self as &dyn Likelihood)
    }
    fn parameters(&self) -> Vec<Named> {
        self.field.network.parameters()
    }
}

impl Generate for Interpolant {
    fn begin_with(&self, request: &Request, helpers: &Helpers) -> Result<Box<dyn Generation>> {
        walk::begin(&self.field, &self.card, request, helpers)
    }

    fn defaults(&self) -> Request {
        let sampling = &self.field.config.sampling;
        // Without `epsilon`, which goes with an SDE and would be refused beside a sampler of the ODE.
        Request {
            sampler: Some(sampling.sampler.clone()),
            steps: Some(sampling.steps),
            guidance: Some(sampling.guidance),
            ..Request::default()
        }
    }
}
