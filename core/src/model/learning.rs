//! What one step of learning is told, and what it tells beside its loss.

use std::cell::RefCell;

use burn::prelude::*;

use super::Model;
use crate::data::Batch;
use crate::nn::Mode;
use crate::random::{Key, Purpose};

/// The parts of a loss by their names, each `[1]` and still on the device.
#[derive(Debug, Default)]
pub struct Terms(RefCell<Vec<(&'static str, Tensor<1>)>>);

impl Terms {
    /// What has been written down, in that order; nothing is left.
    pub fn take(&self) -> Vec<(&'static str, Tensor<1>)> {
        self.0.take()
    }
}

/// What one step of learning is told beside its batch.
pub struct Learning<'a> {
    /// Where the parts of the loss are written down, under their names.
    pub terms: Option<&'a Terms>,
    /// The run's seed.
    pub seed: u64,
    /// Dropout on or off.
    pub mode: Mode,
    /// Where to compute.
    pub device: &'a Device,
    /// Steps taken before this one.
    pub step: u64,
    /// Steps in all.
    pub steps: u64,
    /// A trained model of the same data, where one was given.
    pub teacher: Option<&'a dyn Model>,
    /// What to learn in place of the batch's own values, `[batch, features]`: its latents, say. `None` is the batch itself.
    pub given: Option<Tensor<2>>,
}

impl<'a> Learning<'a> {
    /// The first step of one, from the batch itself.
    pub fn new(seed: u64, mode: Mode, device: &'a Device) -> Self {
        Self { terms: None, seed, mode, device, step: 0, steps: 1, teacher: None, given: None }
    }

    /// Writes down a part of the loss, `[1]`, for whoever watches: `name` is a column of the run's scalars, of small letters and `_`. The same
    /// at each step.
    pub fn note(&self, name: &'static str, value: &Tensor<1>) {
        if let Some(terms) = self.terms {
            terms.0.borrow_mut().push((name, value.clone().without_autodiff()));
        }
    }

    /// The class of each example, hidden from this share of them: what "no class" is has to be learnt too.
    pub fn classes(&self, batch: &Batch, hidden: f64) -> Vec<Option<u32>> {
        self.classes_by(batch, hidden, 0)
    }

    /// The same by another draw, where other changes to the rows have taken the first.
    pub(crate) fn classes_by(&self, batch: &Batch, hidden: f64, draw: u32) -> Vec<Option<u32>> {
        let class = |row: usize| {
            let key = Key::new(self.seed, Purpose::Augment, batch.first + row as u64).draw(draw);
            let hide = key.stream().uniform() < hidden;
            batch.class.as_ref().filter(|_| !hide).map(|classes| classes[row])
        };
        (0..batch.size()).map(class).collect()
    }

    /// What the batch is learnt from, `[batch, features]`.
    pub fn rows(&self, batch: &Batch) -> Tensor<2> {
        let shape = [batch.size(), batch.shape.iter().product()];
        let read = || Tensor::from_data(TensorData::new(batch.x.clone(), shape), self.device);
        self.given.clone().unwrap_or_else(read)
    }
}
