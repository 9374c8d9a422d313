//! What an objective is given: the model, its network, a batch, and how learning stands; and what it draws from them, by key.

use std::rc::Rc;

use burn::prelude::*;

use super::super::{DiffusionConfig, Noisy, column};
use crate::data::Batch;
use crate::guidance::Conditional;
use crate::model::{Generate, Learning, Model};
use crate::nn::{Interface, Mode, Network, one_hot};
use crate::random::{Key, Purpose, Stream};

/// One batch to learn from.
pub struct Lesson<'a> {
    /// The model.
    pub model: &'a DiffusionConfig,
    /// Its network, the student.
    pub network: &'a dyn Network,
    /// What the network is told of the data: no classes where the model does without.
    pub interface: &'a Interface,
    /// The examples.
    pub batch: &'a Batch,
    /// Seed, device, progress and teacher.
    pub learning: &'a Learning<'a>,
}

impl Lesson<'_> {
    /// `[rows, features]` of the batch.
    pub fn shape(&self) -> [usize; 2] {
        [self.batch.size(), self.interface.features()]
    }

    /// Each example's own chance, from which its noise level is drawn.
    pub(super) fn chances(&self) -> impl Iterator<Item = Stream> {
        let first = self.batch.first;
        (0..self.batch.size())
            .map(move |row| Key::new(self.learning.seed, Purpose::Level, first + row as u64).stream())
    }

    /// A level for each example, of the model's noise distribution.
    pub(super) fn sigma(&self) -> Vec<f64> {
        let shares: Vec<f64> = self.chances().map(|mut chance| chance.uniform()).collect();
        self.model.noise.sigmas(&shares)
    }

    /// Standard normals, `[rows, features]`, in the order of the examples.
    pub(super) fn noise(&self) -> Tensor<2> {
        let [rows, features] = self.shape();
        self.noise_key().normal_rows(rows, features, self.learning.device)
    }

    fn noise_key(&self) -> Key {
        Key::new(self.learning.seed, Purpose::Noise, self.batch.first)
    }

    /// The same, each row with the example that the model's coupling pairs it with.
    pub(super) fn coupled_noise(&self) -> Tensor<2> {
        if !self.model.is_coupled() {
            return self.noise();
        }
        let [rows, features] = self.shape();
        let mut noise = vec![0.0; rows * features];
        self.noise_key().fill_normal_rows(&mut noise, features);
        let key = Key::new(self.learning.seed, Purpose::Coupling, self.batch.first);
        self.tensor(self.model.coupled(&self.batch.x, &noise, rows, key))
    }

    /// The class of each example, hidden from some.
    pub(super) fn classes(&self) -> Vec<Option<u32>> {
        self.learning.classes(self.batch, self.model.label_dropout)
    }

    /// Classes as the network is told them, `[rows, classes]`; `None` where it knows none.
    pub(super) fn one_hot(&self, classes: &[Option<u32>]) -> Option<Tensor<2>> {
        let known = self.interface.classes.len();
        (known > 0).then(|| one_hot(classes, known, self.learning.device))
    }

    /// The examples, `[rows, features]`.
    pub(super) fn examples(&self) -> Tensor<2> {
        self.learning.rows(self.batch)
    }

    /// Rows on the device.
    pub(super) fn tensor(&self, values: Vec<f32>) -> Tensor<2> {
        let features = self.interface.features();
        let rows = values.len() / features;
        Tensor::from_data(TensorData::new(values, [rows, features]), self.learning.device)
    }

    /// `f(σ)`, `[rows, 1]`.
    pub(super) fn column(&self, sigma: &[f64], f: impl Fn(f64) -> f64) -> Tensor<2> {
        column(sigma, f, self.learning.device)
    }

    /// The mean squared error of the network's output, where `wanted` is what it should make of `x`: Eq. 8 of Karras et al. 2022 with
    /// `λ c_out² = w`. Where the variance is learnt, its bound is added.
    ///
    /// ```text
    /// w(σ) ‖F(c_in x) − (wanted − c_skip x)/c_out‖²
    /// ```
    pub(super) fn regression(&self, x: Tensor<2>, wanted: Tensor<2>, input: &Noisy) -> Tensor<1> {
        let (model, device) = (self.model, self.learning.device);
        let (skip, out) = model.coefficients(&input.sigma, device);
        let target = (wanted.clone() - x.clone() * skip) / out.clone();
        let input_rows = x * self.column(&input.sigma, |sigma| model.c_in(sigma));
        let output = self.network.forward(input_rows, &input.condition(), self.learning.mode);
        let (f, v) = model.split(output);
        let away = f - target;
        let simple = (away.clone().square() * model.weights(&input.sigma, device)).mean();
        match v {
            None => simple,
            // D − wanted = c_out (F − target)
            Some(v) => model.hybrid(simple, &input.sigma, &wanted, [wanted.clone() + away * out, v]),
        }
    }

    /// The student's `D`, as a constant.
    pub(super) fn constant(&self, x: Tensor<2>, input: &Noisy, mode: Mode) -> Tensor<2> {
        self.model.evaluate(self.network, x, input, mode).0.without_autodiff()
    }

    /// The teacher's denoiser.
    pub(super) fn teacher(&self) -> Rc<dyn Conditional> {
        let teacher = self.learning.teacher.and_then(Model::generator);
        teacher
            .and_then(Generate::denoiser)
            .expect("the session should have asked for a teacher that denoises")
    }
}
