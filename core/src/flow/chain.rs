//! The network of a flow: bijections one after the other, and the base.

use burn::prelude::*;
use burn::tensor::Gradients;

use super::bases::Base;
use super::{Bijection, FlowConfig, Place};
use crate::Result;
use crate::config::check::under;
use crate::nn::{Condition, Init, Interface, Mode, Named, Network, named_under};
use crate::samplers::Noise;

/// Bijections in the normalising order, and the distribution they lead to.
pub struct Chain {
    links: Vec<Link>,
    base: Box<dyn Base>,
    told: usize,
}

struct Link {
    bijection: Box<dyn Bijection>,
    /// It acts on the first so many numbers of a row.
    features: usize,
}

impl Chain {
    pub(super) fn build(config: &FlowConfig, interface: &Interface, init: &Init) -> Result<Self> {
        let told = interface.classes.len();
        let mut place = Place { shape: interface.shape.clone(), told, number: 0 };
        let mut links = Vec::new();
        let mut counts = std::collections::BTreeMap::<&str, usize>::new();
        for _ in 0..config.repeat {
            for (i, transform) in config.transforms.iter().enumerate() {
                let number = counts.entry(transform.name()).or_default();
                place.number = *number;
                *number += 1;
                let init = init.at("transforms").at(links.len());
                let built = under(&format!("transforms.{i}"), transform.build(&place, &init))?;
                links.push(Link { bijection: built.bijection, features: place.features() });
                place.shape = built.shape;
            }
        }
        let base = under("base", config.base.build(interface.features(), told, &init.at("base")))?;
        Ok(Self { links, base, told })
    }

    /// How many numbers it is told beside a row.
    pub(super) fn told(&self) -> usize {
        self.told
    }

    /// How many bijections there are.
    pub(super) fn len(&self) -> usize {
        self.links.len()
    }

    /// `z` and `ln |det ∂z/∂x|`.
    pub(super) fn normalise(&self, x: Tensor<2>, told: Option<&Tensor<2>>, mode: Mode) -> [Tensor<2>; 2] {
        let mut log = Tensor::zeros([x.dims()[0], 1], (&x.device(), x.dtype()));
        let mut row = x;
        for link in &self.links {
            let ([next, more], rest) = link.of(&row, |x| link.bijection.normalise(x, told, mode));
            (row, log) = (joined(next, rest), log + more);
        }
        [row, log]
    }

    /// `log p(x)`, `[batch, 1]`.
    pub(super) fn log_prob(&self, x: Tensor<2>, told: Option<&Tensor<2>>, mode: Mode) -> Tensor<2> {
        let [z, log] = self.normalise(x, told, mode);
        self.base.log_prob(z, told) + log
    }

    /// Rows of the base.
    pub(super) fn draw(&self, noise: &Noise, told: Option<&Tensor<2>>) -> Tensor<2> {
        self.base.draw(noise, told)
    }

    /// One bijection back, the last one first, and the logarithm of its determinant.
    pub(super) fn back(&self, link: usize, z: &Tensor<2>, told: Option<&Tensor<2>>) -> [Tensor<2>; 2] {
        let link = &self.links[link];
        let ([x, log], rest) = link.of(z, |z| link.bijection.generate(z, told));
        [joined(x, rest), log]
    }

    /// `x` and `ln |det ∂x/∂z|`.
    pub(super) fn generate(&self, z: Tensor<2>, told: Option<&Tensor<2>>) -> [Tensor<2>; 2] {
        let log = Tensor::zeros([z.dims()[0], 1], (&z.device(), z.dtype()));
        (0..self.links.len()).rev().fold([z, log], |[z, log], link| {
            let [x, more] = self.back(link, &z, told);
            [x, log + more]
        })
    }

    /// Each bijection takes what it wants of the rows that reach it.
    pub(super) fn prepare(&mut self, x: Tensor<2>, told: Option<&Tensor<2>>) -> bool {
        let (mut row, mut any) = (x, false);
        for link in &mut self.links {
            let ahead = row.clone().narrow(1, 0, link.features);
            any |= link.bijection.prepare(&ahead, told);
            let ([next, _], rest) = link.of(&row, |x| link.bijection.normalise(x, told, Mode::Infer));
            row = joined(next, rest);
        }
        any
    }
}

impl Link {
    /// What it does to the numbers that it acts on, and the others.
    fn of<T>(&self, row: &Tensor<2>, act: impl FnOnce(Tensor<2>) -> T) -> (T, Option<Tensor<2>>) {
        let width = row.dims()[1];
        if width == self.features {
            return (act(row.clone()), None);
        }
        let rest = row.clone().narrow(1, self.features, width - self.features);
        (act(row.clone().narrow(1, 0, self.features)), Some(rest))
    }
}

fn joined(first: Tensor<2>, rest: Option<Tensor<2>>) -> Tensor<2> {
    match rest {
        None => first,
        Some(rest) => Tensor::cat(vec![first, rest], 1),
    }
}

impl Network for Chain {
    /// `z`.
    fn forward(&self, x: Tensor<2>, condition: &Condition, mode: Mode) -> Tensor<2> {
        let [z, _] = self.normalise(x, condition.class.as_ref(), mode);
        z
    }

    fn parameters(&self) -> Vec<Named> {
        let link =
            |(i, link): (usize, &Link)| named_under(&format!("transforms.{i}"), link.bijection.parameters());
        let links = self.links.iter().enumerate().flat_map(link);
        links.chain(named_under("base", self.base.parameters())).collect()
    }

    fn set_parameters(&mut self, values: &[Tensor<1>]) {
        let mut rest = values;
        for link in &mut self.links {
            let (own, others) = rest.split_at(link.bijection.parameters().len());
            link.bijection.set_parameters(own);
            rest = others;
        }
        self.base.set_parameters(rest);
    }

    fn gradients(&self, gradients: &mut Gradients) -> Vec<Tensor<1>> {
        let mut all: Vec<Tensor<1>> = Vec::new();
        for link in &self.links {
            all.extend(link.bijection.gradients(gradients));
        }
        all.extend(self.base.gradients(gradients));
        all
    }
}
