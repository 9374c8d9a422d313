//! What interpolants promise: their paths, their velocities in closed form, their walks.

mod paths;
mod gaussians;
mod learnt;
mod requests;

use burn::prelude::*;
use burn::tensor::DType;
use serde_json::{Value, json};

use super::*;
use crate::data::{Dataset, Loader};
use crate::model::{Generation, Request};
use crate::nn::{Mode, Named, Parametric};
use crate::train::{RunConfig, Session};

/// A network that is a formula of `x` and the time.
struct Formula<F>(F);

impl<F: Fn(Tensor<2>, &[f64]) -> Tensor<2> + 'static> Network for Formula<F> {
    fn forward(&self, x: Tensor<2>, condition: &Condition, _mode: Mode) -> Tensor<2> {
        let times: Vec<f64> = condition.noise.iter().map(|noise| (noise + 2.0) / 4.0).collect();
        self.0(x, &times)
    }
}

impl<F: 'static> Parametric for Formula<F> {}

fn config(value: Value) -> InterpolantConfig {
    crate::config::typed(value).expect("a configuration")
}

fn interface(features: usize) -> Interface {
    Interface::new(vec![features], Vec::new())
}

/// Mean and standard deviation of each column.
fn moments(x: &Tensor<2>) -> Vec<[f64; 2]> {
    let (var, mean) = x.clone().cast(DType::F64).var_mean_bias(0);
    let read = |tensor: Tensor<2>| tensor.into_data().iter::<f64>().collect::<Vec<_>>();
    read(mean).into_iter().zip(read(var)).map(|(mean, var)| [mean, var.sqrt()]).collect()
}

fn number(tensor: Tensor<1>) -> f64 {
    tensor.into_data().iter::<f64>().next().expect("a number")
}

fn request(sampler: Value, steps: usize, count: usize) -> Request {
    let sampler = crate::config::typed(sampler).expect("a sampler");
    Request { count, seed: 3, sampler: Some(sampler), steps: Some(steps), ..Request::default() }
}

fn end(model: &Interpolant, request: &Request) -> Tensor<2> {
    let mut generation = model.generate(request).expect("it begins");
    finish(&mut *generation)
}

fn finish(generation: &mut dyn Generation) -> Tensor<2> {
    let mut x = None;
    while let Some(frame) = generation.step() {
        x = Some(frame.expect("a frame"));
    }
    let frame = x.expect("a step");
    assert_eq!((frame.step, frame.level), (frame.steps, 0.0));
    frame.x
}

/// An interpolant that has taken so many steps of training.
fn trained(model: &InterpolantConfig, dataset: Box<dyn Dataset>, steps: u64, batch: usize) -> Interpolant {
    let mut value = serde_json::to_value(model).expect("a configuration");
    value["kind"] = json!("interpolant");
    let run: RunConfig = crate::config::typed(json!({
        "seed": 2,
        "model": value,
        "train": { "steps": steps, "batch": batch, "optimizer": "adam",
            "rate": { "kind": "cosine", "peak": 5e-3, "warmup": 20 }, "ema": 0.98 },
    }))
    .expect("a run");
    let device = Device::flex();
    let mut session = Session::new(&run, &*dataset, &device).expect("a session");
    let interface = Interface::of(&*dataset);
    let mut loader = Loader::new(dataset, batch, 2).expect("a loader");
    for _ in 0..steps {
        session.step(&mut loader);
    }
    let bytes = pollster::block_on(session.weights()).expect("weights");
    let file = crate::weights::WeightFile::parse("trained", &bytes).expect("a file");
    let mut network = model.network(&interface, &Init::new(0, &device)).expect("a network");
    network.set_parameters(&file.values(&network.parameters(), &device).expect("values"));
    model.trained(&interface, network, &device).expect("a model")
}
