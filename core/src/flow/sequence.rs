//! Bijections one after the other.

use std::any::Any;
use std::collections::BTreeMap;

use burn::prelude::*;

use super::transforms::TransformConfig;
use super::{Bijection, Built, Map, Place};
use crate::Result;
use crate::config::check::{not_empty, under};
use crate::nn::{Init, Mode, Parametric, Trace};

/// Bijections in the normalising order.
pub(super) struct Sequence(Vec<Link>);

struct Link {
    bijection: Box<dyn Bijection>,
    /// It acts on the first so many numbers of a row.
    features: usize,
    /// Its place in the configuration, such as `transforms[2]`, and what stands there.
    place: String,
    kind: String,
}

impl Sequence {
    /// All of them so often, and the shape that those after them see. Counting of a kind goes on from the place's number.
    pub(super) fn build(
        transforms: &[TransformConfig],
        times: usize,
        place: &Place,
        init: &Init,
    ) -> Result<(Self, Vec<usize>)> {
        not_empty("transforms", transforms)?;
        let mut links = Vec::new();
        let mut counts = BTreeMap::<&str, usize>::new();
        let mut at = place.clone();
        for time in 0..times {
            for (i, transform) in transforms.iter().enumerate() {
                let count = counts.entry(transform.name()).or_default();
                at.number = place.number + *count;
                *count += 1;
                let built = transform.build(&at, &init.at("transforms").at(links.len()));
                let Built { bijection, shape } = under(&format!("transforms.{i}"), built)?;
                let kind = match times {
                    1 => transform.name().to_owned(),
                    _ => format!("{}, time {} of {times}", transform.name(), time + 1),
                };
                links.push(Link {
                    bijection,
                    features: at.features(),
                    place: format!("transforms[{i}]"),
                    kind,
                });
                at.shape = shape;
            }
        }
        Ok((Self(links), at.shape))
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Rows after each bijection, the first one first.
    pub(super) fn stages(&self, x: Tensor<2>, told: Option<&Tensor<2>>) -> Vec<Tensor<2>> {
        let next = |row: &mut Tensor<2>, link: &Link| {
            let ([next, _], rest) = link.of(row, |x| link.bijection.normalise(x, told, Mode::Infer));
            *row = joined(next, rest);
            Some(row.clone())
        };
        self.0.iter().scan(x, next).collect()
    }

    /// One bijection back, and the logarithm of its determinant.
    pub(super) fn back(&self, link: usize, z: &Tensor<2>, told: Option<&Tensor<2>>) -> [Tensor<2>; 2] {
        let link = &self.0[link];
        let ([x, log], rest) = link.of(z, |z| link.bijection.generate(z, told));
        [joined(x, rest), log]
    }

    /// Notes what each gives in the normalising direction, by its place in the configuration, which begins with `under`; what comes out.
    pub(super) fn trace(
        &self,
        x: Tensor<2>,
        (told, mode): (Option<&Tensor<2>>, Mode),
        under: &str,
        trace: &mut Trace,
    ) -> Tensor<2> {
        self.0.iter().fold(x, |row, link| {
            let place = format!("{under}{}", link.place);
            let bijection: &dyn Any = &*link.bijection;
            let (next, rest) = link.of(&row, |x| {
                if let Some(inner) = bijection.downcast_ref::<Self>() {
                    return inner.trace(x, (told, mode), &format!("{place}."), trace);
                }
                let [next, log] = link.bijection.normalise(x, told, mode);
                trace.note(format!("the rows from `{place}` ({})", link.kind), &next);
                trace.note(format!("the log-determinant of `{place}` ({})", link.kind), &log);
                next
            });
            joined(next, rest)
        })
    }
}

impl Map for Sequence {
    fn normalise(&self, x: Tensor<2>, told: Option<&Tensor<2>>, mode: Mode) -> [Tensor<2>; 2] {
        let log = Tensor::zeros([x.dims()[0], 1], (&x.device(), x.dtype()));
        self.0.iter().fold([x, log], |[row, log], link| {
            let ([next, more], rest) = link.of(&row, |x| link.bijection.normalise(x, told, mode));
            [joined(next, rest), log + more]
        })
    }

    fn generate(&self, z: Tensor<2>, told: Option<&Tensor<2>>) -> [Tensor<2>; 2] {
        let log = Tensor::zeros([z.dims()[0], 1], (&z.device(), z.dtype()));
        (0..self.len()).rev().fold([z, log], |[z, log], link| {
            let [x, more] = self.back(link, &z, told);
            [x, log + more]
        })
    }

    /// Each takes what it wants of the rows that reach it.
    fn prepare(&mut self, x: &Tensor<2>, told: Option<&Tensor<2>>) -> bool {
        let (mut row, mut any) = (x.clone(), false);
        for link in &mut self.0 {
            let ahead = row.clone().narrow(1, 0, link.features);
            any |= link.bijection.prepare(&ahead, told);
            let ([next, _], rest) = link.of(&row, |x| link.bijection.normalise(x, told, Mode::Infer));
            row = joined(next, rest);
        }
        any
    }
}

impl Parametric for Sequence {
    fn parts(&self) -> Vec<(String, &dyn Parametric)> {
        let mut parts: Vec<(String, &dyn Parametric)> = Vec::new();
        for (i, link) in self.0.iter().enumerate() {
            parts.push((format!("transforms.{i}"), &*link.bijection));
        }
        parts
    }

    fn parts_mut(&mut self) -> Vec<&mut dyn Parametric> {
        self.0.iter_mut().map(|link| &mut *link.bijection as _).collect()
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
