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
        (json!({ "kind": "vq", "codes": 32 }), 8, 0.06),
        (json!({ "kind": "vq", "codes": 32, "pass": "rotation", "codebook": "gradient" }), 8, 0.06),
        (json!({ "kind": "vq", "codes": 32, "matching": "cosine" }), 8, 0.08),
        (json!({ "kind": "residual", "depth": 2, "level": { "codes": 16 } }), 8, 0.06),
        (json!({ "kind": "fsq", "levels": [5, 5, 3] }), 3, 0.06),
        (json!({ "kind": "lfq", "entropy": 0.05 }), 6, 0.1),
    ] {
        let (mut session, mut loader, _) = session(quantiser.clone(), dimensions, 150);
        (0..150).for_each(|_| drop(session.step(&mut loader)));
        let [error, perplexity, used] = judged(&*session.model().expect("a model"));
        println!("{quantiser}: error {error}, perplexity {perplexity}, used {used}");
        // Half of the numbers' variance is about 0.5.
        assert!(error < most, "{quantiser}: {error}");
        if quantiser["codes"] == 32 {
            assert!(used > 0.9, "{quantiser}: {used}");
        }
    }
}
