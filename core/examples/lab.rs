//! What the density lab gives as a program: see `kiln studio`.
#![expect(clippy::print_stdout, reason = "it is what it is for")]

use std::sync::Arc;

use kiln::data::{Dataset, Loader, Split};
use kiln::model::Request;
use kiln::train::{RunConfig, Session};
use kiln::{config, device};

fn main() -> kiln::Result<()> {
    let device = device::cpu()?;
    let run: RunConfig = config::typed(config::parse("lab", RUN)?)?;
    let data: Arc<dyn Dataset> = run.data.open(None, Split::Train)?.into();
    let mut session = Session::new(&run, &*data, &device)?;
    let mut loader = Loader::new(data, run.train.batch, run.seed)?;
    while session.steps() < run.train.steps {
        session.step(&mut loader);
    }
    let request: Request = config::typed(config::parse("request", REQUEST)?)?;
    let model = session.model()?;
    let mut generation = model.generate(&request)?;
    while let Some(frame) = generation.step() {
        println!("{}", frame?.x);
    }
    Ok(())
}

const RUN: &str = r#"{
  "name": "lab",
  "seed": 0,
  "data": {
    "kind": "moons"
  },
  "model": {
    "kind": "diffusion",
    "sigma_data": 1.0,
    "label_dropout": 1.0,
    "network": {
      "kind": "mlp",
      "hidden": 64,
      "blocks": 2,
      "features": 16
    },
    "prediction": "flow",
    "noise": "uniform",
    "range": [
      0.002,
      500.0
    ],
    "sampling": {
      "sampler": "euler",
      "schedule": "cond_ot",
      "grid": "linear",
      "steps": 20
    }
  },
  "train": {
    "steps": 1500,
    "batch": 256,
    "optimizer": {
      "kind": "adam"
    },
    "rate": {
      "kind": "cosine",
      "peak": 0.003,
      "warmup": 75
    },
    "ema": 0.99,
    "log_every": 100,
    "sample_every": 0
  }
}"#;

const REQUEST: &str = r#"{"count":1500,"first":0,"seed":0,"sampler":{"kind":"euler"},"schedule":null,"grid":null,"steps":20,"guidance":null,"guiding":null,"decoding":null,"epsilon":null,"classes":"any","edit":null}"#;
