//! It learns: a string that repeats itself is drawn so, continued so, and found probable.

use std::sync::Arc;

use super::*;
use crate::data::{Dataset, Loader, Split};
use crate::editing::{Edit, InpaintConfig};
use crate::likelihood::{Query, finish};
use crate::train::{RunConfig, Session};
use crate::weights;

const PERIOD: &str = "abcadc";
const LENGTH: usize = 12;

fn run(model: serde_json::Value, steps: usize) -> RunConfig {
    crate::config::typed(json!({
        "data": { "kind": "text", "length": LENGTH, "test_fraction": 0.2 },
        "model": model,
        "train": { "steps": steps, "batch": 32, "rate": { "kind": "cosine", "peak": 5e-3, "warmup": 20 }, "ema": 0.98 },
    }))
    .expect("a configuration")
}

/// The model after training, through its weight file.
fn trained(run: &RunConfig) -> Box<dyn Model> {
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), PERIOD.repeat(40)).expect("text");
    let data: Arc<dyn Dataset> = run.data.open(Some(file.path()), Split::Train).expect("data").into();
    let mut session = Session::new(run, &*data, &Device::flex()).expect("a session");
    let mut loader = Loader::new(data, run.train.batch, run.seed).expect("a loader");
    for _ in 0..run.train.steps {
        session.step(&mut loader);
    }
    let bytes = pollster::block_on(session.weights()).expect("a weight file");
    crate::load("periodic", &bytes, &Device::flex()).expect("a model")
}

fn texts(model: &dyn Model, request: &Request) -> Vec<String> {
    let mut generation = model.generate(request).expect("it begins");
    let mut x = None;
    while let Some(frame) = generation.step() {
        x = Some(frame.expect("a frame").x);
    }
    let rows = pollster::block_on(weights::read(x.expect("a step"))).expect("tokens");
    let vocabulary = model.card().vocabulary.as_ref().expect("text");
    rows.chunks(LENGTH).map(|row| vocabulary.text(row).expect("text")).collect()
}

fn share_of_the_string(texts: &[String]) -> f64 {
    let whole = PERIOD.repeat(4);
    texts.iter().filter(|text| whole.contains(text.as_str())).count() as f64 / texts.len() as f64
}

#[test]
fn every_form_learns_a_string_that_repeats_itself() {
    let network = json!({ "kind": "tokens", "hidden": 32, "depth": 2, "heads": 4 });
    for (steps, least, model) in [
        (300, 24, json!({ "kind": "discrete", "network": network })),
        (
            500,
            16,
            json!({ "kind": "discrete", "network": network, "corruption": "uniform", "schedule": "cosine",
                "objective": { "kind": "hybrid", "steps": 50, "cross_entropy": 1.0 } }),
        ),
    ] {
        let model = trained(&run(model, steps));
        let request = Request { count: 64, steps: Some(48), ..Request::default() };
        let texts = texts(&*model, &request);
        let share = share_of_the_string(&texts);
        println!("{share:.3} of the samples repeat: {:?}", &texts[..4]);
        assert!(share > 0.7, "{share}: {:?}", &texts[..8]);
        judged(&*model);
        continued(&*model, least);
    }
}

/// Of the six phases each window is as probable as any: `ln 6` nats.
fn judged(model: &dyn Model) {
    let vocabulary = model.card().vocabulary.clone().expect("text");
    let rows = |text: &str| {
        let tokens = vocabulary.encode("text", text.as_bytes()).expect("tokens");
        let tokens: Vec<f32> = tokens.iter().map(|token| *token as f32).collect();
        Tensor::<1>::from_floats(tokens.as_slice(), &Device::flex()).reshape([1, LENGTH]).expand([64, LENGTH])
    };
    let judge = |text: &str| {
        let likelihood = model.likelihood().expect("a bound");
        let mut estimation = likelihood.judge(rows(text), &Query::default()).expect("it begins");
        let log_p = numbers(finish(&mut *estimation).expect("a bound"));
        log_p.iter().sum::<f64>() / log_p.len() as f64
    };
    let (right, wrong) = (judge("abcadcabcadc"), judge("abcadcabcdac"));
    println!("{right:.3} for what repeats (at best {:.3}), {wrong:.3} for what does not", -(6_f64.ln()));
    // A chain of fifty steps has a bound of its own, a nat or two below.
    assert!(right > -(6_f64.ln()) - 2.5, "{right}");
    assert!(wrong < right - 3.0, "{wrong} {right}");
}

/// A prompt that fixes the phase leaves one text.
fn continued(model: &dyn Model, least: usize) {
    let vocabulary = model.card().vocabulary.as_ref().expect("text");
    let tokens =
        vocabulary.encode("text", b"dcabca------".map(|c| if c == b'-' { b'a' } else { c }).as_slice());
    let rows = tokens.expect("tokens").iter().map(|token| *token as f32).collect();
    let mask = (0..LENGTH).map(|i| if i < 6 { 0.0 } else { 1.0 }).collect();
    let method = InpaintConfig::named("replace").expect("a method");
    let edit = Some(Edit::Inpaint { rows, mask, method });
    let request = Request { count: 32, steps: Some(48), edit, ..Request::default() };
    let texts = texts(model, &request);
    let right = texts.iter().filter(|text| *text == "dcabcadcabca").count();
    assert!(texts.iter().all(|text| text.starts_with("dcabca")), "{texts:?}");
    println!("{right} of 32 go on as they should");
    // Under uniform noise the prompt is noisy too on the way: replacement is biased. By chance it would be a sixth.
    assert!(right > least, "{right} of 32: {:?}", &texts[..8]);
}
