//! VQ-VAEs as a whole: what they learn, what they keep, and what they say.

use std::sync::Arc;

use serde_json::{Value, json};

use super::*;
use crate::codebook::used;
use crate::config;
use crate::data::{Dataset, Labels, Loader};
use crate::train::{RunConfig, Session};

/// Pictures of 8 by 8 with a bright square of 4 by 4 somewhere, in one of four greys.
struct Squares;

impl Dataset for Squares {
    fn shape(&self) -> &[usize] {
        &[1, 8, 8]
    }
    fn len(&self) -> Option<usize> {
        None
    }
    fn read(&self, index: u64, out: &mut [f32]) -> Labels {
        let mut stream = Key::new(5, Purpose::Data, index).stream();
        let [left, top, grey] = [5, 5, 4].map(|n| stream.below(n) as usize);
        for (at, value) in out.iter_mut().enumerate() {
            let inside = (left..left + 4).contains(&(at % 8)) && (top..top + 4).contains(&(at / 8));
            *value = if inside { grey as f32 / 3.0 } else { -1.0 };
        }
        Labels::default()
    }
}

fn rows(first: u64, count: u64) -> Tensor<2> {
    let batch = Batch::gather(&Squares, &(first..first + count).collect::<Vec<_>>(), first);
    Tensor::from_data(TensorData::new(batch.x, [count as usize, 64]), &Device::flex())
}

fn session(quantiser: Value, dimensions: usize, steps: u64) -> (Session, Loader, RunConfig) {
    let run = json!({ "seed": 1, "model": { "kind": "vqvae", "dimensions": dimensions, "quantiser": quantiser,
        "network": { "kind": "residual", "channels": [16], "blocks": 1, "groups": 4, "patch": 2 } },
        "train": { "steps": steps, "batch": 16, "ema": 0.9, "optimizer": "adam",
            "rate": { "kind": "cosine", "peak": 1e-2, "warmup": 10 } } });
    let run: RunConfig = config::typed(run).expect("a configuration");
    run.check_start().expect("nothing comes from elsewhere");
    let session = Session::new(&run, &Squares, &Device::flex()).expect("a session");
    let dataset: Arc<dyn Dataset> = Arc::new(Squares);
    let loader = Loader::new(dataset, run.train.batch, run.seed).expect("a loader");
    (session, loader, run)
}

/// `[mean square error, perplexity, share of codes in use]` of samples that it has not seen.
fn judged(model: &dyn Model) -> [f32; 3] {
    let (x, book) = (rows(100_000, 128), model.codes().expect("a codebook"));
    let codes = book.encode(x.clone());
    let error = (book.decode(codes.clone()) - x).square().mean();
    let tally = tally(codes, book.depth(), book.size());
    [error, perplexity(tally.clone()), used(tally)].map(|value| value.into_scalar::<f32>())
}

#[test]
fn each_quantiser_learns_squares_and_uses_its_codes() {
    for (quantiser, dimensions, most) in [
        (json!({ "kind": "vq", "codes": 24, "decay": 0.95, "dead": 0.2 }), 8, 0.06),
        (json!({ "kind": "vq", "codes": 32, "pass": "rotation", "codebook": "gradient" }), 8, 0.06),
        (json!({ "kind": "vq", "codes": 32, "matching": "cosine" }), 8, 0.08),
        (json!({ "kind": "residual", "depth": 2, "level": { "codes": 16 } }), 8, 0.06),
        (json!({ "kind": "fsq", "levels": [5, 5, 3] }), 3, 0.06),
        (json!({ "kind": "lfq", "entropy": 0.05 }), 6, 0.1),
    ] {
        let (mut session, mut loader, _) = session(quantiser.clone(), dimensions, 150);
        (0..150).for_each(|_| drop(session.step(&mut loader)));
        let [error, perplexity, used] = judged(&*session.model().expect("a model"));
        // The variance of the numbers is about 0.5.
        assert!(error < most, "{quantiser}: {error}");
        let least = if quantiser["codes"] == 24 { 0.9 } else { 0.3 };
        assert!(used > least && perplexity > 4.0, "{quantiser}: {used} {perplexity}");
    }
}

/// What the weight file holds is all of it: codes are the same after a way through it, and the running counts go on from there.
#[test]
fn weights_saved_and_loaded_give_the_same_codes() {
    for quantiser in [json!({ "kind": "vq", "codes": 8 }), json!({ "kind": "fsq", "levels": [4, 4] })] {
        let dimensions = if quantiser["kind"] == "vq" { 4 } else { 2 };
        let (mut session, mut loader, _) = session(quantiser, dimensions, 8);
        (0..6).for_each(|_| drop(session.step(&mut loader)));
        let bytes = pollster::block_on(session.weights()).expect("a weight file");
        let loaded = crate::load("vq", &bytes, &Device::flex()).expect("a model");
        let codes = |model: &dyn Model| {
            let codes = model.codes().expect("a codebook").encode(rows(0, 32));
            codes.into_data().try_to_vec::<f32>().expect("floats")
        };
        let own = session.model().expect("a model");
        assert_eq!(codes(&*loaded), codes(&*own));
        let quantised = loaded.codec().expect("a codec").encode(rows(0, 32));
        let decoded = loaded.codec().expect("a codec").decode(quantised);
        let book = loaded.codes().expect("a codebook");
        let by_codes = book.decode(book.encode(rows(0, 32)));
        assert!((decoded - by_codes).abs().max().into_scalar::<f32>() < 1e-5);
    }
}

/// The parts of the loss are told at each step, and add up where the quantiser asks for nothing else.
#[test]
fn the_parts_of_the_loss_are_told() {
    let (mut session, mut loader, _) = session(json!({ "kind": "vq", "codes": 8, "beta": 0.5 }), 4, 4);
    for _ in 0..3 {
        let progress = pollster::block_on(session.step(&mut loader).read()).expect("numbers");
        let names: Vec<&str> = progress.terms.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["reconstruction", "commitment", "perplexity"]);
        let [cost, distance, perplexity] = [0, 1, 2].map(|i| progress.terms[i].1);
        assert!((progress.loss - cost - 0.5 * distance).abs() < 1e-5, "{progress:?}");
        assert!((1.0..=8.0).contains(&perplexity), "{perplexity}");
    }
}

/// The first batch gives the codebook, and every step moves it, without an optimizer.
#[test]
fn the_codebook_is_prepared_and_followed() {
    let (mut session, mut loader, run) = session(json!({ "kind": "vq", "codes": 8 }), 4, 4);
    let learnt = session.parameters();
    let all = count(&session.model().expect("a model").parameters());
    assert_eq!(all - learnt, 8 * 4 * 2 + 8, "codes, counts and sums are no optimizer's");
    let book = |session: &Session| {
        let parameters = session.model().expect("a model").parameters();
        let codes = parameters.into_iter().find(|named| named.path == "quantiser.codes").expect("codes");
        codes.value.into_data().try_to_vec::<f32>().expect("floats")
    };
    let drawn = book(&session);
    drop(session.step(&mut loader));
    let first = book(&session);
    drop(session.step(&mut loader));
    assert!(drawn != first && first != book(&session));
    assert_eq!(run.model.frozen(), ["quantiser"]);
    assert!(run.model.borrowed().is_empty());
}
