//! Training, files and drawing: every member of every registry.

use super::*;
use crate::likelihood::{Query, finish};
use crate::model::{Classes, Frame, Request};
use crate::weights;

/// Each member of each registry, small.
fn members() -> Vec<Value> {
    let mut all = Vec::new();
    let shrunk = |name: &str, changes: Value| {
        let mut member = json!({ "kind": name });
        changes.as_object().expect("a map").iter().for_each(|(key, value)| member[key] = value.clone());
        member
    };
    for name in ObservationConfig::NAMES {
        all.push(json!({ "decoder": name, "shown": "sample" }));
    }
    for name in VaePosteriorConfig::NAMES {
        let changes = if *name == "iaf" { json!({ "hidden": 16 }) } else { json!({}) };
        all.push(json!({ "posterior": shrunk(name, changes) }));
    }
    for name in VaePriorConfig::NAMES {
        let changes = match *name {
            "vamp" => json!({ "components": 20 }),
            "flow" | "ladder" => json!({ "hidden": 16 }),
            _ => json!({}),
        };
        all.push(json!({ "prior": shrunk(name, changes) }));
    }
    for name in VaeObjectiveConfig::NAMES {
        let changes = if *name == "factor" { json!({ "hidden": 16, "layers": 2 }) } else { json!({}) };
        all.push(json!({ "objective": shrunk(name, changes) }));
    }
    all.push(json!({ "posterior": { "kind": "iaf", "hidden": 16 }, "prior": "flow", "objective": "iwae" }));
    for network in [
        json!({ "kind": "convolutional", "channels": [4, 8], "hidden": 16 }),
        json!({ "kind": "residual", "channels": [8], "groups": 4 }),
    ] {
        all.push(json!({ "network": network, "label_dropout": 0.1, "decoder": { "kind": "gaussian", "scale": "each" } }));
    }
    all.push(json!({ "label_dropout": 0.0 }));
    all
}

fn drawn(model: &dyn Model, request: &Request) -> Vec<f64> {
    let mut generation = model.generate(request).expect("a generation");
    assert_eq!((generation.steps(), generation.evaluations()), (1, 0));
    let Frame { x, level, .. } = generation.step().expect("a step").expect("a frame");
    assert!(generation.step().is_none() && level == 0.0 && generation.evaluations() == 1);
    numbers(x)
}

#[test]
fn every_member_trains_is_written_read_and_drawn() {
    for changes in members() {
        let (mut session, mut loader) = started(&changes, 2);
        for _ in 0..2 {
            let report = pollster::block_on(session.step(&mut loader).read());
            let progress = report.unwrap_or_else(|error| panic!("{changes}: {error}"));
            assert!(progress.norm > 0.0 && progress.terms.len() >= 2, "{changes}: {progress:?}");
        }
        let bytes = pollster::block_on(session.weights()).expect("a weight file");
        let read = weights::load("a file", &bytes, &Device::flex()).expect("a model");
        let own = session.model().expect("a model");
        let told = changes.get("label_dropout").is_some();
        assert_eq!(read.card().classes.len(), if told { 2 } else { 0 });
        let classes = if told { Classes::Each } else { Classes::Any };
        let request = Request { count: 5, seed: 3, classes, ..Request::default() };
        let [ours, theirs] = [&own, &read].map(|model| drawn(&**model, &request));
        assert!(ours == theirs && ours.len() == 5 * 64 && ours.iter().all(|x| x.is_finite()), "{changes}");
        let one = drawn(&*own, &Request { count: 1, first: 3, ..request });
        assert!(ours[3 * 64..4 * 64].iter().zip(&one).all(|(a, b)| (a - b).abs() < 1e-4), "{changes}");
        let batch = batch(4);
        let x = Tensor::from_data(TensorData::new(batch.x, [4, 64]), &Device::flex());
        let query = Query { classes: batch.class.filter(|_| told), ..Query::default() };
        let mut estimation = read.likelihood().expect("one").judge(x, &query).expect("a start");
        assert!(
            numbers(finish(&mut *estimation).expect("an end")).iter().all(|log| log.is_finite()),
            "{changes}"
        );
    }
}

/// Sixteen pictures cost less to write down as it learns, and the more where the class need not be.
#[test]
fn it_learns() {
    let (mut session, mut loader) = started(&json!({ "label_dropout": 0.5 }), 400);
    let mut losses: Vec<f32> = Vec::new();
    for _ in 0..400 {
        losses.push(pollster::block_on(session.step(&mut loader).read()).expect("a loss").loss);
    }
    let (first, last) = (losses[0], losses[380..].iter().sum::<f32>() / 20.0);
    assert!(first > 40.0 && last < 0.7 * first, "{first} {last}");
    let model = session.model().expect("a model");
    let batch = batch(16);
    let x = Tensor::<2>::from_data(TensorData::new(batch.x, [16, 64]), &Device::flex());
    let judged = |classes| {
        let query = Query { classes, ..Query::default() };
        let mut estimation = model.likelihood().expect("one").judge(x.clone(), &query).expect("a start");
        mean(&numbers(finish(&mut *estimation).expect("an end")))
    };
    let (told, untold) = (judged(batch.class.clone()), judged(None));
    println!("{first} to {last}; ln p: {told} told the class, {untold} without");
    assert!(told > -f64::from(last) - 2.0 && told > untold - 1.0);
    let space = model.latent().expect("latents");
    let posterior = space.posterior(x.clone(), None);
    let shown = space.mean(posterior.mean.clone(), None);
    let codec = model.codec().expect("a codec");
    assert_eq!(numbers(codec.decode(codec.encode(x))), numbers(shown));
    assert!(numbers(posterior.divergences()).iter().all(|kl| *kl >= -1e-6));
    assert!(
        numbers(crate::latents::activity(posterior.mean)).iter().any(|var| *var > crate::latents::ACTIVE)
    );
}

#[test]
fn a_model_that_was_always_told_has_to_be_told() {
    let (session, _) = started(&json!({ "label_dropout": 0.0 }), 1);
    let model = session.model().expect("a model");
    assert!(model.codec().is_none());
    let refused =
        |request: &Request| model.generate(request).err().expect("this should be refused").to_string();
    assert!(refused(&Request::default()).contains("class"));
    let one = Request { classes: Classes::One(1), ..Request::default() };
    for (request, wanted) in [
        (Request { steps: Some(5), ..one.clone() }, "steps"),
        (Request { guidance: Some(2.0), ..one.clone() }, "guidance"),
        (Request { count: 0, ..one }, "count"),
    ] {
        assert!(refused(&request).contains(wanted), "{wanted}");
    }
}

#[test]
fn parts_that_do_not_go_together_name_their_key() {
    let refused = |changes: Value| {
        let built = config(&changes).network(&Interface::of(&*Bars::open()), &Init::new(0, &Device::flex()));
        built.err().expect("this should be refused").to_string()
    };
    for (changes, wanted) in [
        (json!({ "prior": "vamp", "posterior": "iaf" }), ["prior", "diagonal"]),
        (json!({ "objective": "tc", "prior": "flow" }), ["prior", "`tc`"]),
        (json!({ "objective": "dip", "posterior": "planar" }), ["posterior", "`dip`"]),
        (
            json!({ "objective": { "kind": "elbo", "free_bits": 0.1 }, "posterior": "iaf" }),
            ["posterior", "`elbo`"],
        ),
        (
            json!({ "objective": { "kind": "elbo", "beta": 2.0, "capacity": {} } }),
            ["objective.capacity", "beta"],
        ),
        (json!({ "latents": 1, "prior": "flow" }), ["prior", "2 numbers"]),
        (json!({ "prior": "ladder", "posterior": "iaf" }), ["prior", "diagonal"]),
        (
            json!({ "prior": "ladder", "network": { "kind": "residual", "channels": [8], "groups": 4 } }),
            ["prior", "rows"],
        ),
        (json!({ "prior": "ladder", "objective": "dip" }), ["prior", "`dip`"]),
        (json!({ "latents": 0 }), ["latents", "1 or more"]),
        (json!({ "decoder": { "kind": "gaussian", "std": 0.0 } }), ["decoder.std", "above 0"]),
        (
            json!({ "network": { "kind": "convolutional", "channels": [2, 2, 2, 2] } }),
            ["network.channels", "8x8"],
        ),
    ] {
        let error = refused(changes);
        assert!(wanted.iter().all(|part| error.contains(part)), "{wanted:?}: {error}");
    }
}
