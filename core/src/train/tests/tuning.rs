//! Fine-tuning: starting weights and frozen weights.

use super::*;
use crate::nn::Named;

/// A run with more said of its training.
fn tuned(train: serde_json::Value) -> RunConfig {
    let mut run = run("flow", "uniform");
    let mut all = serde_json::to_value(&run.train).expect("JSON");
    for (key, value) in train.as_object().expect("a map") {
        all[key] = value.clone();
    }
    run.train = config::typed(all).expect("a configuration");
    run
}

fn values(session: &Session) -> Vec<Named> {
    session.model().expect("a model").parameters()
}

fn same(one: &Named, two: &Named) -> bool {
    one.value.clone().into_data() == two.value.clone().into_data()
}

fn trained(run: &RunConfig, starts: &[Start], steps: u64) -> Session {
    let dataset: Arc<dyn Dataset> = Arc::new(Gaussian);
    let mut session = Session::starting(run, &*dataset, &Device::flex(), starts).expect("a session");
    let mut loader = Loader::new(dataset, run.train.batch, run.seed).expect("a loader");
    (0..steps).for_each(|_| drop(session.step(&mut loader)));
    session
}

/// The weights of another run of the same model.
fn start(prefix: &str) -> Start {
    let other = RunConfig { seed: 77, ..run("flow", "uniform") };
    let bytes = pollster::block_on(trained(&other, &[], 3).weights()).expect("a weight file");
    Start { prefix: prefix.into(), name: "other".into(), bytes }
}

#[test]
fn frozen_parameters_stay_to_the_bit_under_every_optimizer_and_its_decay() {
    for optimizer in OptimizerConfig::all() {
        let mut optimizer = serde_json::to_value(optimizer).expect("JSON");
        if optimizer.get("decay").is_some() {
            optimizer["decay"] = json!(0.5);
        }
        let run = tuned(json!({ "optimizer": optimizer, "freeze": ["blocks.0", "input"] }));
        let (before, after) = (values(&trained(&run, &[], 0)), values(&trained(&run, &[], 10)));
        let frozen = |named: &Named| named.path.starts_with("blocks.0.") || named.path.starts_with("input.");
        assert!(before.iter().any(frozen));
        for (before, after) in before.iter().zip(&after) {
            assert_eq!(same(before, after), frozen(before), "{optimizer}: {}", before.path);
        }
    }
}

#[test]
fn what_is_frozen_is_no_part_of_the_norm_and_of_the_optimizers_memory() {
    let all = trained(&tuned(json!({})), &[], 0);
    let some = trained(&tuned(json!({ "freeze": ["blocks"] })), &[], 0);
    let frozen: usize = values(&all)
        .iter()
        .filter(|named| named.path.starts_with("blocks."))
        .map(|named| named.shape.iter().product::<usize>())
        .sum();
    assert_eq!(some.parameters(), all.parameters() - frozen);
}

#[test]
fn parameters_start_where_they_are_told_and_the_others_as_drawn() {
    let run = tuned(json!({}));
    let (own, other) = (values(&trained(&run, &[], 0)), start("blocks"));
    let file = crate::load("other", &other.bytes, &Device::flex()).expect("a model").parameters();
    let begun = values(&trained(&run, &[other], 0));
    for ((begun, own), file) in begun.iter().zip(&own).zip(&file) {
        let from = if begun.path.starts_with("blocks.") { file } else { own };
        assert!(same(begun, from), "{}", begun.path);
    }
    let whole = values(&trained(&run, &[start(".")], 0));
    assert!(whole.iter().zip(&file).all(|(begun, file)| same(begun, file)));
}

#[test]
fn a_run_with_starts_and_frozen_parameters_resumes_to_the_same_bits() {
    let run = tuned(json!({ "freeze": ["blocks.1"], "from": { "blocks": "other" } }));
    let straight = trained(&run, &[start("blocks")], 8);
    let first = trained(&run, &[start("blocks")], 4);
    // Resuming needs the checkpoint alone.
    let dataset: Arc<dyn Dataset> = Arc::new(Gaussian);
    let (mut second, mut loader) = session(&run, dataset);
    second.load(&files(&first)).expect("the checkpoint should load");
    (4..8).for_each(|_| drop(second.step(&mut loader)));
    for (one, two) in files(&straight).iter().zip(files(&second)) {
        assert_eq!(one.0, two.0);
        assert!(one.1 == two.1, "{} differs", one.0);
    }
}

#[test]
fn what_cannot_be_started_or_frozen_is_named() {
    let refused = |run: &RunConfig, starts: &[Start]| {
        let session = Session::starting(run, &Gaussian, &Device::flex(), starts);
        session.err().expect("this should be refused").to_string()
    };
    let error = refused(&tuned(json!({ "freeze": ["block"] })), &[]);
    assert!(error.contains("`train.freeze`") && error.contains("did you mean `blocks`?"), "{error}");
    let error = refused(&tuned(json!({ "freeze": ["."] })), &[]);
    assert!(error.contains("nothing to learn"), "{error}");
    let plain = tuned(json!({}));
    let error = refused(&plain, &[start("stage")]);
    assert!(error.contains("`train.from`") && error.contains("`stage`"), "{error}");
    let mut wider = plain.clone();
    wider.model = config::typed(
        json!({ "kind": "diffusion", "network": { "kind": "mlp", "hidden": 48, "blocks": 3 } }),
    )
    .expect("a model");
    let error = refused(&wider, &[start("blocks")]);
    assert!(
        error.starts_with("other: `blocks.0.first.weight`: wanted F32 or F16 [48, 48], this is F32 [32, 32]"),
        "{error}"
    );
    wider.model = config::typed(
        json!({ "kind": "diffusion", "network": { "kind": "mlp", "hidden": 32, "blocks": 3 } }),
    )
    .expect("a model");
    let error = refused(&wider, &[start("blocks")]);
    assert!(error.starts_with("other: `blocks.2.first.weight` is missing; `train.from`"), "{error}");
    let error = refused(&plain, &[Start { bytes: vec![1, 2, 3], ..start(".") }]);
    assert!(error.starts_with("other: not a whole safetensors file"), "{error}");
}
