//! The measurements: seconds of each repetition, by name.

use kiln::Result;
use kiln::nn::Mode;
use kiln::samplers::SamplerConfig;
use serde_json::{Map, Value, json};

use crate::clock::Clock;
use crate::subject::{BATCH, Subject, fetch};
use crate::{operations, samplers, training};

/// Everything, as JSON.
pub fn all(subject: &Subject, clock: Clock) -> Result<Value> {
    Ok(json!({
        "parameters": subject.model.card().parameters,
        "network": {
            "forward_1": forward(subject, clock, 1)?,
            "forward_64": forward(subject, clock, BATCH)?,
            "train_64": train(subject, clock)?,
            "sample_64": sample(subject, clock)?,
        },
        "samplers": samplers(subject, clock)?,
        "operations": object(operations::all(clock, &subject.device)),
    }))
}

fn object(found: Vec<(&str, Vec<f64>)>) -> Map<String, Value> {
    found.into_iter().map(|(name, seconds)| (name.to_owned(), json!(seconds))).collect()
}

/// One evaluation of the network.
fn forward(subject: &Subject, clock: Clock, rows: usize) -> Result<Vec<f64>> {
    let x = subject.normals(rows);
    let condition = subject.condition(rows, vec![0.25]);
    fetch(subject.network.forward(x.clone(), &condition, Mode::Infer))?;
    Ok(clock.time(|| drop(std::hint::black_box(subject.network.forward(x.clone(), &condition, Mode::Infer)))))
}

/// Batch, forward, backward, clipping, Adam and average.
fn train(subject: &Subject, clock: Clock) -> Result<Vec<f64>> {
    let (mut session, mut loader) = training::begin(subject)?;
    Ok(clock.time(|| drop(std::hint::black_box(session.step(&mut loader)))))
}

/// From noise to a batch of samples in memory.
fn sample(subject: &Subject, clock: Clock) -> Result<Vec<f64>> {
    subject.sample()?;
    Ok(clock.time(|| drop(std::hint::black_box(subject.sample()))))
}

/// A step of each sampler on a batch whose denoiser costs nothing.
fn samplers(subject: &Subject, clock: Clock) -> Result<Map<String, Value>> {
    let shape = [BATCH, subject.interface().features()];
    let mut found = Map::new();
    for sampler in SamplerConfig::all() {
        let step = samplers::one(&sampler, shape, clock, &subject.device)?;
        found.insert(sampler.name().into(), json!(step.seconds));
    }
    Ok(found)
}
