//! A stage learns two kinds of pictures, a prior their codes: what is drawn of a class is one of its pictures.

use std::sync::Arc;

use serde_json::{Value, json};

use super::*;
use crate::config;
use crate::data::{Dataset, Labels, Loader};
use crate::editing::Edit;
use crate::model::{Classes, Request};
use crate::random::{Key, Purpose};
use crate::train::{RunConfig, Session, Start};

/// Pictures of 4 by 4 with bright columns on the left or on the right, by class, a little brighter or darker.
struct Halves(Vec<String>);

impl Halves {
    fn new() -> Self {
        Self(vec!["left".into(), "right".into()])
    }
}

impl Dataset for Halves {
    fn shape(&self) -> &[usize] {
        &[1, 4, 4]
    }
    fn len(&self) -> Option<usize> {
        None
    }
    fn classes(&self) -> &[String] {
        &self.0
    }
    fn read(&self, index: u64, out: &mut [f32]) -> Labels {
        let mut stream = Key::new(5, Purpose::Data, index).stream();
        let (class, bright) = (stream.below(2), 0.6 + 0.4 * stream.uniform());
        for (at, value) in out.iter_mut().enumerate() {
            let inside = (at % 4 < 2) == (class == 0);
            *value = if inside { bright as f32 } else { -0.8 };
        }
        Labels { class: Some(class as u32), ..Labels::default() }
    }
}

fn trained(model: Value, steps: u64, starts: &[Start]) -> Session {
    let run = json!({ "seed": 1, "model": model, "train": { "steps": steps, "batch": 32, "ema": 0.9, "optimizer": "adam",
        "rate": { "kind": "cosine", "peak": 1e-2, "warmup": 10 } } });
    let run: RunConfig = config::typed(run).expect("a configuration");
    let dataset: Arc<dyn Dataset> = Arc::new(Halves::new());
    let mut session = Session::starting(&run, &*dataset, &Device::flex(), starts).expect("a session");
    let mut loader = Loader::new(dataset, run.train.batch, run.seed).expect("a loader");
    (0..steps).for_each(|_| drop(session.step(&mut loader)));
    session
}

fn stage(quantiser: &Value, dimensions: usize) -> Value {
    json!({ "kind": "vqvae", "dimensions": dimensions, "quantiser": quantiser,
        "network": { "kind": "residual", "channels": [8], "blocks": 1, "groups": 2, "patch": 2 } })
}

fn start(stage: Value) -> Start {
    let session = trained(stage, 80, &[]);
    let bytes = pollster::block_on(session.weights()).expect("a weight file");
    Start { prefix: "stage".into(), name: "stage".into(), bytes }
}

fn end(model: &dyn Model, request: &Request) -> Vec<f32> {
    let mut generation = model.generate(request).expect("it begins");
    let frames = std::iter::from_fn(|| generation.step().map(|frame| frame.expect("a frame")));
    let last = frames.inspect(|frame| assert_eq!(frame.x.dims(), [request.count, 16])).last();
    last.expect("a step").x.into_data().try_to_vec().expect("floats")
}

/// How many of the rows have their bright columns where the class says.
fn right(rows: &[f32], class: u32) -> usize {
    let left = |row: &[f32]| (0..16).map(|at| if at % 4 < 2 { row[at] } else { -row[at] }).sum::<f32>();
    let side = if class == 0 { 1.0 } else { -1.0 };
    rows.chunks(16).filter(|row| side * left(row) > 8.0).count()
}

#[test]
fn priors_draw_codes_of_the_class_that_is_asked_for() {
    let small = json!({ "hidden": 16, "depth": 1, "heads": 2 });
    let masked = json!({ "kind": "discrete", "sampling": { "steps": 4, "guidance": 2.0 },
        "network": { "kind": "tokens", "hidden": 16, "depth": 1, "heads": 2 } });
    let mut causal = small;
    (causal["kind"], causal["dropout"]) = (json!("autoregressive"), json!(0.0));
    let residual = json!({ "kind": "residual", "depth": 2, "level": { "codes": 4 } });
    for (quantiser, dimensions, prior) in
        [(json!({ "kind": "vq", "codes": 4 }), 4, masked), (residual, 4, causal)]
    {
        let stage = stage(&quantiser, dimensions);
        let start = start(stage.clone());
        let before = crate::load("stage", &start.bytes, &Device::flex()).expect("a model");
        let session = trained(json!({ "kind": "coded", "stage": stage, "prior": prior }), 200, &[start]);
        let model = session.model().expect("a model");
        assert_eq!(model.card().classes, ["left", "right"]);
        for class in [0, 1] {
            let request = Request { count: 32, classes: Classes::One(class), ..Request::default() };
            let right = right(&end(&*model, &request), class);
            // By chance 16 would be, with a deviation of 3.
            assert!(right >= 26, "{prior}: {right} of 32 of class {class}");
        }
        // The stage has stayed as it was.
        for (own, before) in model.parameters().into_iter().zip(before.parameters()) {
            assert_eq!(own.path, format!("stage.{}", before.path));
            assert_eq!(own.value.into_data(), before.value.into_data());
        }
    }
}

/// Over a few steps from a sample much of it is left; where all is drawn anew nothing is.
#[test]
fn an_edit_begins_with_the_codes_of_a_sample() {
    let stage = stage(&json!({ "kind": "fsq", "levels": [3, 3] }), 2);
    let start = start(stage.clone());
    let prior =
        json!({ "kind": "discrete", "network": { "kind": "tokens", "hidden": 8, "depth": 1, "heads": 1 } });
    let model = trained(json!({ "kind": "coded", "stage": stage, "prior": prior }), 1, &[start]);
    let model = model.model().expect("a model");
    let mut row = vec![0.0; 16];
    Halves::new().read(3, &mut row);
    let (book, x) = (
        model.codes().expect("a codebook"),
        Tensor::from_data(TensorData::new(row.clone(), [1, 16]), &Device::flex()),
    );
    let whole: Vec<f32> = book.decode(book.encode(x)).into_data().try_to_vec().expect("floats");
    let edit =
        |strength| Request { edit: Some(Edit::From { rows: row.clone(), strength }), ..Request::default() };
    let apart = |strength: f64| {
        let rows = end(&*model, &edit(strength));
        rows.iter().zip(&whole).map(|(a, b)| (a - b).abs()).sum::<f32>()
    };
    assert!(apart(0.02) < 1e-4 && apart(1.0) > 0.5, "{} {}", apart(0.02), apart(1.0));
    let mask = Edit::Inpaint {
        rows: row,
        mask: vec![1.0; 16],
        method: crate::editing::InpaintConfig::named("replace").expect("it is listed"),
    };
    let error = model
        .generate(&Request { edit: Some(mask), ..Request::default() })
        .err()
        .expect("no pixels")
        .to_string();
    assert!(error.contains("codes"), "{error}");
    assert!(model.generator().expect("it draws").defaults().steps.is_some());
}

#[test]
fn a_stage_has_to_be_given_and_errors_name_their_part() {
    let run = RunConfig { model: config::typed(json!("coded")).expect("a model"), ..RunConfig::default() };
    let error = run.check_start().expect_err("no stage is named").to_string();
    assert!(error.contains("train.from.stage=NAME"), "{error}");
    let interface = Interface::new(vec![1, 4, 4], Vec::new());
    let refused = |config: Value| {
        let config: CodedConfig = config::typed(config).expect("a configuration");
        let built = config.network(&interface, &Init::new(0, &Device::flex()));
        built.err().expect("this should be refused").to_string()
    };
    let error = refused(json!({ "stage": { "kind": "vqvae", "dimensions": 0 } }));
    assert!(error.contains("`stage.dimensions`"), "{error}");
    let error = refused(json!({ "prior": { "kind": "discrete", "network": "unet" } }));
    assert!(error.contains("`prior.network`") && error.contains("takes no tokens"), "{error}");
}
