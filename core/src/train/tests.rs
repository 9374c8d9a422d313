//! Training as a whole: it learns, it resumes to the same bits, it says what is wrong.

mod engine;
mod variance;
mod tuning;

use std::sync::Arc;

use burn::prelude::*;
use serde_json::json;

use super::*;
use crate::config;
use crate::data::{Dataset, Labels, Loader, Split};
use crate::model::Request;

/// Points `N((1, −2), diag(0.5², 0.2²))`.
struct Gaussian;

impl Dataset for Gaussian {
    fn shape(&self) -> &[usize] {
        &[2]
    }
    fn len(&self) -> Option<usize> {
        None
    }
    fn read(&self, index: u64, out: &mut [f32]) -> Labels {
        crate::random::Key::new(9, crate::random::Purpose::Data, index).fill_normal(out);
        (out[0], out[1]) = (1.0 + 0.5 * out[0], -2.0 + 0.2 * out[1]);
        Labels::default()
    }
}

fn run(prediction: &str, noise: &str) -> RunConfig {
    config::typed(json!({
        "seed": 4,
        "data": "moons",
        "model": {
            "kind": "diffusion",
            "prediction": prediction,
            "noise": noise,
            // A network that predicts the data has an error of its own at every level, which walks add up: not too many levels.
            "range": [0.05, 80.0],
            "network": { "kind": "mlp", "hidden": 32, "blocks": 2 },
        },
        "train": { "steps": 400, "batch": 128, "rate": { "kind": "cosine", "peak": 1e-2, "warmup": 20 }, "ema": 0.98 },
    }))
    .expect("a configuration")
}

fn session(run: &RunConfig, dataset: Arc<dyn Dataset>) -> (Session, Loader) {
    let session = Session::new(run, &*dataset, &Device::flex()).expect("a session");
    let loader = Loader::new(dataset, run.train.batch, run.seed).expect("a loader");
    (session, loader)
}

fn files(session: &Session) -> Vec<(String, Vec<u8>)> {
    pollster::block_on(session.save()).expect("a checkpoint")
}

/// Every prediction learns the same Gaussian and draws it with its defaults.
#[test]
fn every_prediction_learns_a_gaussian() {
    let noises = ["log_normal", "uniform", "log_normal", "logit_normal", "uniform"];
    for (prediction, noise) in crate::diffusion::PredictionConfig::NAMES.iter().zip(noises.iter().cycle()) {
        let run = run(prediction, noise);
        let (mut session, mut loader) = session(&run, Arc::new(Gaussian));
        for _ in 0..run.train.steps {
            session.step(&mut loader);
        }
        let model = session.model().expect("a model");
        let request = Request { count: 4000, ..Request::default() };
        let mut generation = model.generate(&request).expect("a generation");
        let mut last = None;
        while let Some(frame) = generation.step() {
            last = Some(frame.expect("a step"));
        }
        let x = last.expect("frames").x;
        let (var, mean) = x.var_mean(0);
        let read = |t: Tensor<2>| t.into_data().try_to_vec::<f32>().expect("floats");
        let (std, mean) = (read(var.sqrt()), read(mean));
        println!("{prediction} {noise}: mean {mean:?}, standard deviation {std:?}");
        assert!((mean[0] - 1.0).abs() < 0.1 && (mean[1] + 2.0).abs() < 0.1, "{prediction}: mean {mean:?}");
        assert!((std[0] - 0.5).abs() < 0.1 && (std[1] - 0.2).abs() < 0.1, "{prediction}: deviation {std:?}");
    }
}

#[test]
fn a_resumed_session_goes_on_to_the_same_bits() {
    let run = run("flow", "uniform");
    let moons = || -> Arc<dyn Dataset> { run.data.open(None, Split::Train).expect("moons").into() };
    let (mut straight, mut loader) = session(&run, moons());
    let (mut first, mut other) = session(&run, moons());
    for step in 0..8 {
        straight.step(&mut loader);
        if step < 4 {
            first.step(&mut other);
        }
    }
    let (mut second, mut fresh) = session(&run, moons());
    second.load(&files(&first)).expect("the checkpoint should load");
    assert_eq!(second.steps(), 4);
    for _ in 4..8 {
        second.step(&mut fresh);
    }
    for (one, two) in files(&straight).iter().zip(files(&second)) {
        assert_eq!(one.0, two.0);
        assert!(one.1 == two.1, "{} differs", one.0);
    }
}

#[test]
fn accumulated_batches_give_the_gradient_of_one_large_batch() {
    let large = run("flow", "uniform");
    let mut parts = large.clone();
    (parts.train.batch, parts.train.accumulate) = (32, 4);
    let progress = |run: &RunConfig| {
        let (mut session, mut loader) = session(run, Arc::new(Gaussian));
        pollster::block_on(session.step(&mut loader).read()).expect("a finite loss")
    };
    let (one, two) = (progress(&large), progress(&parts));
    assert!((one.loss - two.loss).abs() < 1e-4 * one.loss, "{one:?} {two:?}");
    assert!((one.norm - two.norm).abs() < 1e-3 * one.norm, "{one:?} {two:?}");
}

#[test]
fn a_loss_that_is_not_finite_names_its_step() {
    struct Broken;
    impl Dataset for Broken {
        fn shape(&self) -> &[usize] {
            &[2]
        }
        fn len(&self) -> Option<usize> {
            None
        }
        fn read(&self, index: u64, out: &mut [f32]) -> Labels {
            out.fill(if index >= 300 { f32::NAN } else { 0.5 });
            Labels::default()
        }
    }
    let run = run("edm", "log_normal");
    let (mut session, mut loader) = session(&run, Arc::new(Broken));
    let mut steps = (0..5).map(|_| pollster::block_on(session.step(&mut loader).read()));
    let error = steps.find_map(Result::err).expect("a NaN should stop the training").to_string();
    assert!(error.contains("the loss of step 3 is NaN") && error.contains("train.rate.peak"), "{error}");
}

#[test]
fn the_gradient_is_clipped_to_its_norm() {
    let mut run = run("flow", "uniform");
    run.train.clip = 1e-9;
    run.train.optimizer = OptimizerConfig::named("adam").expect("adam");
    let (mut session, mut loader) = session(&run, Arc::new(Gaussian));
    let before = files(&session);
    session.step(&mut loader);
    let moments = &files(&session)[2].1;
    let file = crate::weights::WeightFile::parse("moments", moments).expect("safetensors");
    let m = file.value("m", &[session.parameters()], &Device::flex()).expect("m");
    // m = 0.1 g after one step, and ‖g‖ was brought to 1e-9.
    let norm = m.square().sum().sqrt().into_scalar::<f32>();
    assert!((norm / 1e-10 - 1.0).abs() < 1e-2, "{norm}");
    assert!(before[0].1 != files(&session)[0].1, "Adam moves whatever the gradient's scale");
}

#[test]
fn a_weight_file_is_a_model_and_a_broken_one_says_so() {
    let run = run("flow", "uniform");
    let (session, _) = session(&run, Arc::new(Gaussian));
    let device = Device::flex();
    let bytes = pollster::block_on(session.weights()).expect("a weight file");
    let model = crate::load("good.safetensors", &bytes, &device).expect("a model");
    assert_eq!((model.card().family, model.card().parameters), ("diffusion", session.parameters()));
    let broken =
        |bytes: &[u8]| crate::load("bad.safetensors", bytes, &device).err().expect("an error").to_string();
    for cut in [0, 4, 100, bytes.len() - 1] {
        let error = broken(&bytes[..cut]);
        assert!(error.starts_with("bad.safetensors: not a whole safetensors file"), "{cut}: {error}");
    }
    let mut nan = bytes.clone();
    let end = nan.len();
    nan[end - 4..].copy_from_slice(&f32::NAN.to_le_bytes());
    assert!(broken(&nan).contains("holds NaN at place"), "{}", broken(&nan));
    let hidden = br#"\"hidden\":32"#;
    let from = bytes.windows(hidden.len()).position(|w| w == hidden).expect("the header holds the width");
    let mut other = bytes.clone();
    other[from + hidden.len() - 2..from + hidden.len()].copy_from_slice(b"48");
    assert!(broken(&other).contains("wanted F32 or F16 [32, 48]"), "{}", broken(&other));
}

#[test]
fn a_wrong_value_is_refused_with_its_path() {
    let cases = [
        (json!({ "train": { "batch": 0 } }), "`train.batch`: wanted 1 or more; this is 0"),
        (
            json!({ "train": { "optimizer": { "kind": "adam", "epsilon": 0.0 } } }),
            "`train.optimizer.epsilon`",
        ),
        (json!({ "model": { "kind": "diffusion", "network": { "kind": "unet" } } }), "`model.network`"),
        (json!({ "model": { "kind": "diffusion", "range": [1.0, 0.5] } }), "`model.range`"),
        (
            json!({ "model": { "kind": "diffusion", "sampling": { "sampler": { "kind": "unipc", "order": 9 } } } }),
            "`model.sampling.sampler.order`",
        ),
        (
            json!({ "model": { "kind": "diffusion", "sampling": { "grid": { "kind": "explicit", "levels": [1, 2] } } } }),
            "`model.sampling.grid.levels.1`",
        ),
    ];
    for (value, wanted) in cases {
        let run: RunConfig = config::typed(value).expect("the right types");
        let error = Session::new(&run, &Gaussian, &Device::flex()).err().expect("an error").to_string();
        assert!(error.contains(wanted), "{error}");
    }
}
