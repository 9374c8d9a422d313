//! Averages, activation checkpointing and half precision, within a session.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{Gaussian, files, run, session};
use crate::config;
use crate::data::{Dataset, Loader, Split};
use crate::train::averages::Mixture;
use crate::train::{AverageConfig, Progress, RunConfig, Session};
use crate::weights::{HostTensor, WeightFile, write};

/// The planar run with other keys of `train`.
fn with(keys: Value) -> RunConfig {
    let mut value = serde_json::to_value(run("flow", "uniform")).expect("JSON");
    let (into, Value::Object(keys)) = (&mut value["train"], keys) else { panic!("keys are a map") };
    keys.into_iter().for_each(|(key, new)| into[key] = new);
    config::typed(value).expect("a configuration")
}

fn steps(session: &mut Session, loader: &mut Loader, count: usize) -> Vec<Progress> {
    let read = |_| pollster::block_on(session.step(loader).read()).expect("a finite loss");
    (0..count).map(read).collect()
}

fn file<'a>(files: &'a [(String, Vec<u8>)], name: &str) -> &'a [u8] {
    let found = files.iter().find(|(file, _)| file == name);
    &found.unwrap_or_else(|| panic!("no {name}")).1
}

/// The numbers of a weight file, one after the other.
fn numbers(bytes: &[u8]) -> Vec<f32> {
    let tensors = WeightFile::parse("weights", bytes).and_then(|file| file.fetched()).expect("a weight file");
    tensors.iter().flat_map(HostTensor::values).collect()
}

#[test]
fn without_an_average_samples_are_drawn_with_the_weights() {
    let run = with(json!({ "ema": "none" }));
    let (mut session, mut loader) = session(&run, Arc::new(Gaussian));
    steps(&mut session, &mut loader, 3);
    let files = files(&session);
    assert!(file(&files, "ema.safetensors") == file(&files, "model.safetensors"));
    assert!(pollster::block_on(session.snapshot()).expect("none").is_empty());
}

/// After one step a power-function average is the weights; after more, what the recursion gives, in single precision.
#[test]
fn power_averages_follow_their_recursion_and_resume_to_the_same_bits() {
    let run = with(json!({ "ema": { "kind": "power", "lengths": [0.05, 0.2], "snapshot_every": 2 } }));
    let (mut one, mut loader) = session(&run, Arc::new(Gaussian));
    steps(&mut one, &mut loader, 1);
    let mut saved = files(&one);
    let mut by_hand =
        [numbers(file(&saved, "model.safetensors")), numbers(file(&saved, "model.safetensors"))];
    for step in 2..=6_u64 {
        steps(&mut one, &mut loader, 1);
        saved = files(&one);
        let weights = numbers(file(&saved, "model.safetensors"));
        for (average, beta) in by_hand.iter_mut().zip(run.train.ema.decays(step)) {
            let (beta, rest) = (beta as f32, (1.0 - beta) as f32);
            average.iter_mut().zip(&weights).for_each(|(average, w)| *average = *average * beta + w * rest);
        }
        if step == 4 {
            let (mut two, mut fresh) = session(&run, Arc::new(Gaussian));
            two.load(&saved).expect("the checkpoint should load");
            steps(&mut two, &mut fresh, 2);
            let (mut three, mut again) = session(&run, Arc::new(Gaussian));
            steps(&mut three, &mut again, 6);
            assert!(files(&two) == files(&three), "resumed");
        }
    }
    assert_eq!(numbers(file(&saved, "ema.safetensors")), by_hand[0]);
    assert_eq!(numbers(file(&saved, "track_1.safetensors")), by_hand[1]);
    let snapshot = pollster::block_on(one.snapshot()).expect("a snapshot");
    assert!(
        snapshot[0].1 == file(&saved, "ema.safetensors")
            && snapshot[1].1 == file(&saved, "track_1.safetensors")
    );
    let mut mixture = Mixture::default();
    for ((name, bytes), weight) in snapshot.iter().zip([2.0, -1.0]) {
        mixture.add(weight, name, bytes).expect("weights");
    }
    let mixed = mixture.finish().expect("a weight file");
    let wanted =
        by_hand[0].iter().zip(&by_hand[1]).map(|(a, b)| (2.0 * f64::from(*a) - f64::from(*b)) as f32);
    assert!(numbers(&mixed).into_iter().eq(wanted), "2 a − b");
    assert!(crate::load("mixed", &mixed, &super::Device::flex()).is_ok(), "it is a model");
}

/// A small U-Net with attention and dropout, on pictures.
fn pictures(train: Value) -> RunConfig {
    config::typed(json!({
        "seed": 4,
        "data": { "kind": "shapes", "size": 8 },
        "model": { "kind": "diffusion", "network": {
            "kind": "unet", "channels": 8, "multipliers": [1, 2], "blocks": 1, "attention": [4], "head": 8,
            "embedding": 16, "groups": 4, "dropout": 0.1
        } },
        "train": train,
    }))
    .expect("a configuration")
}

#[test]
fn what_is_computed_again_gives_the_same_gradients_to_the_bit() {
    let trained = |checkpointing: &str| {
        let run = pictures(json!({ "batch": 4, "clip": 0.0, "checkpointing": checkpointing }));
        let data: Arc<dyn Dataset> = run.data.open(None, Split::Train).expect("shapes").into();
        let (mut session, mut loader) = session(&run, data);
        let progress = steps(&mut session, &mut loader, 3);
        (progress, files(&session))
    };
    let (plain, again) = (trained("none"), trained("balanced"));
    assert_eq!(plain.0, again.0, "losses and norms");
    for (one, two) in plain.1.iter().zip(&again.1) {
        assert!(one == two, "{} differs", one.0);
    }
}

#[test]
fn every_average_and_every_precision_trains_and_resumes_to_the_same_bits() {
    let averages = AverageConfig::NAMES.iter().map(|name| json!({ "ema": name }));
    let precisions = ["bf16", "f16"].map(|name| json!({ "precision": name, "checkpointing": "balanced" }));
    for keys in averages.chain(precisions) {
        let run = with(keys.clone());
        let (mut straight, mut loader) = session(&run, Arc::new(Gaussian));
        steps(&mut straight, &mut loader, 3);
        let (mut resumed, mut fresh) = session(&run, Arc::new(Gaussian));
        resumed.load(&files(&straight)).expect("the checkpoint should load");
        steps(&mut straight, &mut loader, 3);
        steps(&mut resumed, &mut fresh, 3);
        assert!(files(&straight) == files(&resumed), "{keys}");
    }
}

/// They held `m` and `v`, and Adam's sums followed from the number of steps.
#[test]
fn a_checkpoint_of_before_resumes() {
    let run = run("flow", "uniform");
    let (mut one, mut loader) = session(&run, Arc::new(Gaussian));
    steps(&mut one, &mut loader, 5);
    let mut saved = files(&one);
    let (_, bytes) = saved.iter_mut().find(|(name, _)| name == "optimizer.safetensors").expect("moments");
    let mut moments =
        WeightFile::parse("moments", bytes).and_then(|file| file.fetched()).expect("safetensors");
    assert_eq!(moments.len(), 4);
    moments.retain(|tensor| ["m", "v"].contains(&tensor.name.as_str()));
    *bytes = write(&moments, None).expect("a file");
    let (mut two, mut fresh) = session(&run, Arc::new(Gaussian));
    two.load(&saved).expect("the checkpoint should load");
    steps(&mut one, &mut loader, 1);
    steps(&mut two, &mut fresh, 1);
    let [one, two] = [files(&one), files(&two)].map(|files| numbers(file(&files, "model.safetensors")));
    assert!(one.iter().zip(two).all(|(one, two)| (one - two).abs() < 1e-6));
}

/// The loss of the last hundred steps is that of single precision but for a few percent, and the weights are not.
#[test]
fn half_precision_learns_what_single_precision_learns() {
    let learnt = |precision: &str| {
        let (mut session, mut loader) = session(&with(json!({ "precision": precision })), Arc::new(Gaussian));
        let progress = steps(&mut session, &mut loader, 300);
        let skipped = progress.iter().filter(|progress| progress.skipped.is_some()).count();
        println!("{precision}: {skipped} steps skipped");
        // In f16 the scale begins too high on purpose, and halves.
        assert!(skipped <= if precision == "f16" { 8 } else { 0 }, "{precision}: {skipped}");
        let loss = progress[200..].iter().map(|progress| progress.loss).sum::<f32>() / 100.0;
        (loss, files(&session))
    };
    let (single, weights) = learnt("f32");
    for precision in ["f16", "bf16"] {
        let (loss, other) = learnt(precision);
        println!("{precision}: loss {loss}, in f32 {single}");
        assert!((loss / single - 1.0).abs() < 0.03, "{precision}: {loss} {single}");
        assert!(file(&weights, "model.safetensors") != file(&other, "model.safetensors"), "{precision}");
    }
}

#[test]
fn a_step_whose_gradient_overflows_is_skipped_and_told() {
    let run = with(json!({ "precision": "f16" }));
    let (mut session, mut loader) = session(&run, Arc::new(Gaussian));
    steps(&mut session, &mut loader, 1);
    // The greatest scale: a gradient of 2²⁴ times a hundredth does not fit into 65504.
    let mut saved = files(&session);
    let scale = |value: f32, name: &str| HostTensor::of(name, vec![1], &[value]);
    let greatest = write(&[scale(16_777_216.0, "scale"), scale(0.0, "run")], None).expect("a file");
    let place = saved.iter().position(|(name, _)| name == "scale.safetensors").expect("the scale is saved");
    saved[place].1 = greatest;
    session.load(&saved).expect("the checkpoint should load");
    let before = files(&session);
    let told = steps(&mut session, &mut loader, 1).remove(0);
    assert_eq!(told.skipped, Some(16_777_216.0), "{told:?}");
    let after = files(&session);
    for name in ["model.safetensors", "optimizer.safetensors"] {
        assert!(file(&before, name) == file(&after, name), "{name}");
    }
    let rest = steps(&mut session, &mut loader, 20);
    assert!(rest[19].skipped.is_none(), "the scale falls until the gradient fits");
    assert!(files(&session)[0] != after[0], "and it learns");
}
