//! Variational autoencoders against what is known of them.

mod bounds;
mod flows;
mod learning;
mod objectives;
mod observations;
mod priors;

use std::sync::Arc;

use burn::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::config;
use crate::data::{Dataset, Labels, Loader};
use crate::nn::{Mode, Named};
use crate::random::{Key, Purpose};
use crate::train::Session;

/// Black and white pictures of 8 x 8 in two classes: bars across, and bars down.
struct Bars([String; 2]);

impl Bars {
    fn open() -> Arc<dyn Dataset> {
        Arc::new(Self(["across", "down"].map(String::from)))
    }
}

impl Dataset for Bars {
    fn shape(&self) -> &[usize] {
        &[1, 8, 8]
    }
    fn len(&self) -> Option<usize> {
        None
    }
    fn classes(&self) -> &[String] {
        &self.0
    }
    fn read(&self, index: u64, out: &mut [f32]) -> Labels {
        let (class, bar) = (index % 2, (index / 2) % 8);
        for (place, value) in out.iter_mut().enumerate() {
            let at = if class == 0 { place as u64 / 8 } else { place as u64 % 8 };
            *value = if at == bar { 1.0 } else { -1.0 };
        }
        Labels { class: Some(class as u32), attributes: Vec::new() }
    }
}

/// A model of little, with what `changes` says.
fn small(changes: &Value) -> Value {
    let mut model = json!({ "kind": "vae", "latents": 3, "decoder": "bernoulli",
        "network": { "kind": "mlp", "hidden": [32], "activation": "tanh" } });
    for (key, value) in changes.as_object().expect("a map") {
        model[key] = value.clone();
    }
    model
}

fn started(changes: &Value, steps: u64) -> (Session, Loader) {
    let run = json!({ "seed": 2, "model": small(changes), "train": { "steps": steps, "batch": 16, "ema": 0.0,
        "optimizer": "adam", "rate": { "kind": "constant", "peak": 1e-3 } } });
    let run: crate::train::RunConfig = config::typed(run).expect("a configuration");
    let session = Session::new(&run, &*Bars::open(), &Device::flex()).expect("a session");
    (session, Loader::new(Bars::open(), run.train.batch, run.seed).expect("a loader"))
}

/// A configuration by itself, without its kind.
fn config(changes: &Value) -> VaeConfig {
    let mut value = small(changes);
    value.as_object_mut().expect("a map").remove("kind");
    config::typed(value).expect("a configuration")
}

fn batch(count: u64) -> Batch {
    Batch::gather(&*Bars::open(), &(0..count).collect::<Vec<_>>(), 0)
}

fn numbers<const D: usize>(x: Tensor<D>) -> Vec<f64> {
    x.into_data().iter::<f64>().collect()
}

fn rows<const N: usize>(values: &[[f32; N]]) -> Tensor<2> {
    let flat = values.as_flattened().to_vec();
    Tensor::from_data(TensorData::new(flat, [values.len(), N]), &Device::flex())
}

fn normals(draw: u32, shape: [usize; 2], device: &Device) -> Tensor<2> {
    Key::new(3, Purpose::Metric, 0).draw(draw).normal_rows(shape[0], shape[1], device)
}

/// What a part has learnt: its first weights, and noise of this deviation.
fn shaken(parameters: Vec<Named>, std: f64) -> Vec<Tensor<1>> {
    let noisy = |(i, named): (usize, Named)| {
        let noise = normals(i as u32, [1, named.value.dims()[0]], &named.value.device());
        named.value + noise.reshape([-1]) * std
    };
    parameters.into_iter().enumerate().map(noisy).collect()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}
