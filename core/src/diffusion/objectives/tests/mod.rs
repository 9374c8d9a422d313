//! What objectives promise, on data whose denoiser and whose ODE are known: `y ~ N(μ, diag(s²))`.

mod formulas;
mod learning;
mod teachers;

use std::rc::Rc;

use burn::prelude::*;
use serde_json::{Value, json};

use crate::data::Batch;
use crate::diffusion::{DiffusionConfig, column};
use crate::guidance::Conditional;
use crate::model::{Card, Family, Generate, Generation, Helpers, Learning, Model, Request};
use crate::nn::{Condition, Interface, Mode, Named, Network, Parametric};
use crate::random::{Key, Purpose};
use crate::{Error, Result, config};

const MEAN: [f64; 2] = [1.0, -2.0];
const STD: [f64; 2] = [0.5, 0.2];

/// `[1, 2]`.
fn pair(values: [f64; 2], device: &Device) -> Tensor<2> {
    Tensor::from_data(TensorData::new(values.map(|value| value as f32).to_vec(), [1, 2]), device)
}

/// `s² + σ²`, `[rows, 2]`.
fn total(sigma: &[f64], device: &Device) -> Tensor<2> {
    pair(STD.map(|s| s * s), device) + column(sigma, |sigma| sigma * sigma, device)
}

/// `D(x; σ) = (s² x + σ² μ)/(s² + σ²)`.
fn ideal(x: Tensor<2>, sigma: &[f64]) -> Tensor<2> {
    let device = x.device();
    let noise = column(sigma, |sigma| sigma * sigma, &device);
    (x * pair(STD.map(|s| s * s), &device) + pair(MEAN, &device) * noise) / total(sigma, &device)
}

/// Where the ODE through `x` at `σ` is at `next`: `μ + (x − μ) sqrt((s² + next²)/(s² + σ²))`.
fn carried(x: Tensor<2>, sigma: &[f64], next: &[f64]) -> Tensor<2> {
    let device = x.device();
    let mean = pair(MEAN, &device);
    (x - mean.clone()) * (total(next, &device) / total(sigma, &device)).sqrt() + mean
}

/// `rows` examples of the data.
fn data(rows: usize) -> Vec<f32> {
    let mut values = vec![0.0; 2 * rows];
    for (row, point) in values.chunks_mut(2).enumerate() {
        example(row as u64, point);
    }
    values
}

/// Example `index` of the data.
fn example(index: u64, out: &mut [f32]) {
    Key::new(9, Purpose::Data, index).fill_normal(out);
    for ((value, mean), std) in out.iter_mut().zip(MEAN).zip(STD) {
        *value = (mean + std * f64::from(*value)) as f32;
    }
}

/// What denoises by a formula, whatever the class.
struct Formula(fn(Tensor<2>, &[f64]) -> Tensor<2>);

impl Conditional for Formula {
    fn denoise(&self, x: Tensor<2>, sigma: f64, _class: Option<&Tensor<2>>) -> Tensor<2> {
        self.0(x, &[sigma])
    }
    fn denoise_each(&self, x: Tensor<2>, sigma: &[f64], _class: Option<&Tensor<2>>) -> Tensor<2> {
        self.0(x, sigma)
    }
}

/// A teacher that knows its denoiser in closed form.
struct Exact {
    card: Card,
    denoiser: Rc<dyn Conditional>,
    range: Option<[f64; 2]>,
}

impl Exact {
    fn new(denoise: fn(Tensor<2>, &[f64]) -> Tensor<2>) -> Self {
        let card = Card::new("formula", &interface(), 0);
        Self { card, denoiser: Rc::new(Formula(denoise)), range: None }
    }
}

impl Model for Exact {
    fn card(&self) -> &Card {
        &self.card
    }
    fn generator(&self) -> Option<&dyn Generate> {
        Some(self)
    }
    fn parameters(&self) -> Vec<Named> {
        Vec::new()
    }
}

impl Generate for Exact {
    fn begin_with(&self, _request: &Request, _helpers: &Helpers) -> Result<Box<dyn Generation>> {
        Err(Error::argument("a formula is not walked"))
    }
    fn denoiser(&self) -> Option<Rc<dyn Conditional>> {
        Some(self.denoiser.clone())
    }
    fn range(&self) -> Option<[f64; 2]> {
        self.range
    }
    fn defaults(&self) -> Request {
        Request::default()
    }
}

/// A network that is a formula of `x`, `σ` and the level that the step leads to, `σ` itself where it is not told. The prediction is
/// to be `x0`, so that it is `D`.
struct Closed<F>(F);

impl<F: Fn(Tensor<2>, &[f64], &[f64]) -> Tensor<2> + 'static> Network for Closed<F> {
    fn forward(&self, x: Tensor<2>, condition: &Condition, _mode: Mode) -> Tensor<2> {
        let sigma: Vec<f64> = condition.noise.iter().map(|c| (4.0 * c).exp()).collect();
        let next = |(sigma, c): (&f64, &f64)| {
            let t = (sigma / (1.0 + sigma) - (4.0 * c).exp_m1() / 128.0).max(0.0);
            t / (1.0 - t)
        };
        let told: Vec<f64> = sigma.iter().zip(&condition.span).map(next).collect();
        let c_in = column(&sigma, |sigma| (sigma * sigma + 0.25).sqrt(), &x.device());
        self.0(x * c_in, &sigma, if told.is_empty() { &sigma } else { &told })
    }
}

impl<F: 'static> Parametric for Closed<F> {}

/// A model of the plane without classes, with more keys.
fn model(more: &Value) -> DiffusionConfig {
    let mut value = json!({ "label_dropout": 1.0, "network": "mlp" });
    for (key, field) in more.as_object().expect("a map") {
        value[key] = field.clone();
    }
    config::typed(value).expect("a model")
}

fn interface() -> Interface {
    Interface::new(vec![2], vec![])
}

/// The loss of `rows` examples, half way through learning.
fn loss(
    model: &DiffusionConfig,
    network: &dyn Network,
    teacher: Option<&dyn Model>,
    rows: usize,
) -> Tensor<1> {
    let batch = Batch { x: data(rows), shape: vec![2], class: None, first: 0 };
    let device = Device::flex().autodiff();
    let learning = Learning { step: 5, steps: 10, teacher, ..Learning::new(3, Mode::Infer, &device) };
    model.loss(network, &interface(), &batch, &learning)
}

/// The same as a number.
fn value(model: &DiffusionConfig, network: &dyn Network, teacher: Option<&dyn Model>) -> f64 {
    f64::from(loss(model, network, teacher, 512).into_scalar::<f32>())
}
