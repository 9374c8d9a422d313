//! Fixed inputs and what Kiln makes of them: nothing is timed before the peer makes the same of them.

use kiln::data::Loader;
use kiln::diffusion::NoiseConfig;
use kiln::nn::Mode;
use kiln::random::{Key, Purpose};
use kiln::train::{AverageConfig, OptimizerConfig, RunConfig};
use kiln::weights::{self, HostTensor};
use kiln::{Error, Result, config};

use crate::subject::{BATCH, Subject, fetch};
use crate::training;

/// Steps of training whose losses, gradients and weights are compared.
const TRAINED: u64 = 3;

/// The safetensors file that the peer reads.
pub fn file(subject: &Subject) -> Result<Vec<u8>> {
    let mut tensors = network(subject)?;
    tensors.push(rows("samples", subject, subject.sample()?));
    tensors.extend(train(subject)?);
    weights::write(&tensors, None)
}

fn scalars(name: &str, values: &[f64]) -> HostTensor {
    let values: Vec<f32> = values.iter().map(|value| *value as f32).collect();
    HostTensor::of(name, vec![values.len()], &values)
}

fn rows(name: impl Into<String>, subject: &Subject, values: Vec<f32>) -> HostTensor {
    let features = subject.interface().features();
    HostTensor::of(name, vec![values.len() / features, features], &values)
}

/// `F(x; c_noise)` with a level for each row, and with one for the batch.
fn network(subject: &Subject) -> Result<Vec<HostTensor>> {
    let x = subject.normals(BATCH);
    let levels: Vec<f32> = (0..BATCH).map(|row| 4.0 * row as f32 / BATCH as f32 - 2.0).collect();
    let each = levels.iter().map(|level| f64::from(*level)).collect();
    let forward = |noise| subject.network.forward(x.clone(), &subject.condition(BATCH, noise), Mode::Infer);
    Ok(vec![
        rows("noise", subject, fetch(x.clone())?),
        HostTensor::of("levels", vec![BATCH], &levels),
        rows("forward_each", subject, fetch(forward(each))?),
        rows("forward_one", subject, fetch(forward(vec![0.25]))?),
    ])
}

/// Some steps of training: what went in, the losses and norms, and what the averaged network says afterwards.
fn train(subject: &Subject) -> Result<Vec<HostTensor>> {
    let run = training::run(subject);
    let (mut session, mut loader) = training::begin(subject)?;
    let mut tensors = vec![scalars("constants", &constants(&run)?)];
    let mut reports = Vec::new();
    for step in 0..TRAINED {
        tensors.extend(inputs(subject, &run, &mut loader, step)?);
        let told = pollster::block_on(session.step(&mut loader).read())?;
        reports.push([told.rate, f64::from(told.loss), f64::from(told.norm)]);
    }
    for (i, name) in ["rates", "losses", "norms"].into_iter().enumerate() {
        tensors.push(scalars(name, &reports.iter().map(|report| report[i]).collect::<Vec<_>>()));
    }
    let averaged = pollster::block_on(session.weights())?;
    let after = weights::WeightFile::parse("the averaged weights", &averaged)?;
    let mut network =
        subject.header.model.network(subject.interface(), &kiln::nn::Init::new(0, &subject.device))?;
    let values = after.values(&network.parameters(), &subject.device)?;
    network.set_parameters(&values);
    let condition = subject.condition(BATCH, vec![0.25]);
    let out = network.forward(subject.normals(BATCH), &condition, Mode::Infer);
    tensors.push(rows("forward_trained", subject, fetch(out)?));
    Ok(tensors)
}

/// `[clip, decay of the average, β₁, β₂, ε]`.
fn constants(run: &RunConfig) -> Result<[f64; 5]> {
    let OptimizerConfig::Adam(adam) = &run.train.optimizer else {
        let message = format!("the peer trains with adam, this is {}", run.train.optimizer.name());
        return Err(Error::config("train.optimizer", message));
    };
    let AverageConfig::Exponential(average) = &run.train.ema else {
        let message = format!("the peer keeps an exponential average, this is {}", run.train.ema.name());
        return Err(Error::config("train.ema", message));
    };
    Ok([run.train.clip, average.decay, adam.betas[0], adam.betas[1], adam.epsilon])
}

/// What the loss draws for a batch: examples, noise, levels and classes, by the keys that [`kiln::diffusion`] uses.
fn inputs(subject: &Subject, run: &RunConfig, loader: &mut Loader, step: u64) -> Result<Vec<HostTensor>> {
    let model = json(&run.model)?;
    let levels: NoiseConfig = config::typed(model["noise"].clone())?;
    let hidden = model["label_dropout"].as_f64().unwrap_or(0.0);
    let batch = loader.batch(step);
    let features = subject.interface().features();
    let count = subject.interface().classes.len();
    let mut noise = vec![0.0; batch.x.len()];
    let mut sigma = Vec::new();
    let mut class = vec![0.0; BATCH * count];
    for (row, noise) in noise.chunks_mut(features).enumerate() {
        let key = |purpose| Key::new(run.seed, purpose, batch.first + row as u64);
        key(Purpose::Noise).fill_normal(noise);
        sigma.push(levels.sigma(key(Purpose::Level).stream().uniform()));
        let told = key(Purpose::Augment).stream().uniform() >= hidden;
        if let Some(classes) = batch.class.as_ref().filter(|_| told) {
            class[row * count + classes[row] as usize] = 1.0;
        }
    }
    Ok(vec![
        rows(format!("train.{step}.y"), subject, batch.x),
        rows(format!("train.{step}.n"), subject, noise),
        scalars(&format!("train.{step}.sigma"), &sigma),
        HostTensor::of(format!("train.{step}.class"), vec![BATCH, count], &class),
    ])
}

fn json(model: &kiln::factory::ModelConfig) -> Result<serde_json::Value> {
    serde_json::to_value(model).map_err(|error| Error::config("model", error.to_string()))
}
