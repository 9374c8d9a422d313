//! The same seed gives the same numbers on every device, and for every batch size.

use burn::prelude::*;
use kiln::data::Loader;
use kiln::model::{Classes, Model, Request};
use kiln::samplers::{SamplerConfig, Wants};
use kiln::train::{RunConfig, Session};
use kiln::weights::read;
use kiln_tests::devices;
use serde_json::json;

/// A small U-Net with classes on procedural pictures.
fn run() -> RunConfig {
    kiln::config::typed(json!({
        "seed": 4,
        "data": { "kind": "shapes", "size": 16 },
        "model": {
            "kind": "diffusion",
            "network": {
                "kind": "unet", "channels": 8, "multipliers": [1, 2], "blocks": 1, "attention": [4], "head": 8,
                "embedding": 16, "groups": 4, "patch": 2, "dropout": 0.1
            },
        },
        "train": { "batch": 4, "rate": { "kind": "constant", "peak": 1e-2, "warmup": 0 } },
    }))
    .expect("a configuration")
}

/// The weights, and what the steps reported, after three steps on `device`.
fn trained(device: &Device) -> (Vec<u8>, Vec<[f32; 2]>) {
    let run = run();
    let dataset = run.data.open(None, kiln::data::Split::Train).expect("shapes");
    let mut session = Session::new(&run, &*dataset, device).expect("a session");
    let mut loader = Loader::new(dataset, run.train.batch, run.seed).expect("a loader");
    let report = |_| {
        let progress = pollster::block_on(session.step(&mut loader).read()).expect("a finite loss");
        [progress.loss, progress.norm]
    };
    let reports = (0..3).map(report).collect();
    (pollster::block_on(session.weights()).expect("weights"), reports)
}

fn samples(model: &dyn Model, sampler: &str, first: u64, count: usize) -> Vec<f32> {
    let request = Request {
        count,
        first,
        seed: 11,
        steps: Some(4),
        sampler: Some(SamplerConfig::named(sampler).expect("a sampler")),
        guidance: Some(2.0),
        classes: Classes::Each,
        ..Request::default()
    };
    let mut generation = model.generate(&request).expect("a generation");
    let frames = std::iter::from_fn(|| generation.step().map(|frame| frame.expect("a step")));
    let last = frames.last().expect("four frames");
    pollster::block_on(read(last.x)).expect("samples")
}

fn worst(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

/// The samplers that take the model for what it is.
fn samplers() -> impl Iterator<Item = &'static str> {
    let all = SamplerConfig::all();
    all.into_iter().filter(|sampler| sampler.wants() == Wants::Denoiser).map(|sampler| sampler.name())
}

#[test]
fn training_and_sampling_agree_on_every_device() {
    let devices = devices();
    let (_, reference) = &devices[0];
    let (weights, reports) = trained(reference);
    let model = kiln::load("reference", &weights, reference).expect("a model");
    for (name, device) in &devices[1..] {
        let (_, theirs) = trained(device);
        for (step, (ours, theirs)) in reports.iter().zip(&theirs).enumerate() {
            let error = worst(ours, theirs) / ours[1];
            assert!(error < 2e-3, "{name}, step {step}: loss and norm {ours:?} and {theirs:?}");
        }
        let other = kiln::load("reference", &weights, device).expect("a model");
        for sampler in samplers() {
            let (ours, theirs) = (samples(&*model, sampler, 0, 3), samples(&*other, sampler, 0, 3));
            let error = worst(&ours, &theirs);
            println!("{name}, {sampler}: worst difference {error:e}");
            assert!(error < 2e-3, "{name}, {sampler}: {error}");
        }
    }
}

#[test]
fn a_sample_is_the_same_alone_and_in_a_batch() {
    let (name, device) = &devices()[0];
    let model = kiln::load("reference", &trained(device).0, device).expect("a model");
    for sampler in samplers() {
        let whole = samples(&*model, sampler, 0, 5);
        let alone = samples(&*model, sampler, 3, 1);
        let features = alone.len();
        let error = worst(&whole[3 * features..4 * features], &alone);
        // A batch shares the steps that a tolerance of 1e-4 chooses: its samples are the same to some tens of that.
        let adaptive = SamplerConfig::named(sampler).expect("it is listed").adaptive();
        let limit = if adaptive { 5e-3 } else { 1e-4 };
        assert!(error < limit, "{name}, {sampler}: {error}");
    }
}
