//! What flows of pictures learn.

use std::sync::Arc;

use super::*;
use crate::data::{Batch, Dataset, Labels, Loader};
use crate::likelihood::{Query, finish};
use crate::model::Model;
use crate::train::{RunConfig, Session};
use crate::weights;

/// Pictures of 8x8, all of whose pixels are one number of deviation 0.4 and their own of deviation 0.1, as levels of 64.
struct Grey;

impl Dataset for Grey {
    fn shape(&self) -> &[usize] {
        &[1, 8, 8]
    }
    fn len(&self) -> Option<usize> {
        None
    }
    fn read(&self, index: u64, out: &mut [f32]) -> Labels {
        let mut stream = Key::new(5, Purpose::Data, index).stream();
        let grey = 0.4 * stream.normal();
        for value in out {
            let level = ((grey + 0.1 * stream.normal()) * 31.5 + 31.5).round().clamp(0.0, 63.0);
            *value = (level / 31.5 - 1.0) as f32;
        }
        Labels::default()
    }
}

fn learnt(model: Value, steps: u64) -> Session {
    let run = json!({ "seed": 1, "model": model, "train": { "steps": steps, "batch": 32, "ema": 0.9,
        "optimizer": "adam", "rate": { "kind": "cosine", "peak": 5e-3, "warmup": 10 } } });
    let run: RunConfig = config::typed(run).expect("a configuration");
    let mut session = Session::new(&run, &Grey, &Device::flex()).expect("a session");
    let dataset: Arc<dyn Dataset> = Arc::new(Grey);
    let mut loader = Loader::new(dataset, run.train.batch, run.seed).expect("a loader");
    (0..steps).for_each(|_| drop(session.step(&mut loader)));
    session
}

fn glow(dequantisation: Value) -> Value {
    let conditioner = json!({ "kind": "convolutional", "channels": 8 });
    let coupling = json!({ "kind": "coupling", "conditioner": conditioner });
    let steps = json!({ "kind": "repeated", "times": 2, "transforms": ["actnorm", "linear", coupling] });
    json!({ "kind": "flow", "repeat": 1, "dequantisation": dequantisation,
        "transforms": ["squeeze", steps, { "kind": "split", "conditioner": conditioner }, "squeeze", steps] })
}

fn unseen() -> Tensor<2> {
    let batch = Batch::gather(&Grey, &(1_000_000..1_000_200).collect::<Vec<_>>(), 0);
    Tensor::from_data(TensorData::new(batch.x, [200, 64]), &Device::flex())
}

fn judged(model: &dyn Model, x: Tensor<2>) -> Vec<f64> {
    let likelihood = model.likelihood().expect("a flow has one");
    let mut estimation = likelihood.judge(x, &Query::default()).expect("it fits");
    floats(finish(&mut *estimation).expect("an estimate"))
}

/// Pixels that were independent would need the bits of a normal of variance 0.17; as they hang together, they need far fewer.
#[test]
fn a_glow_finds_what_pixels_have_in_common_and_its_file_gives_the_same_densities() {
    for dequantisation in [
        json!({ "kind": "uniform", "levels": 64 }),
        json!({ "kind": "variational", "levels": 64, "conditioner": { "kind": "convolutional", "channels": 8 } }),
    ] {
        let session = learnt(glow(dequantisation), 80);
        let model = session.model().expect("a model");
        let log_probs = judged(&*model, unseen());
        let nats = -log_probs.iter().sum::<f64>() / (200.0 * 64.0);
        let entropy = |variance: f64| {
            0.5 * (variance * std::f64::consts::TAU * std::f64::consts::E).ln() - (2.0_f64 / 63.0).ln()
        };
        // One direction of variance 0.01 + 64 · 0.16 among 63 of 0.01.
        let (least, independent) =
            ((entropy(0.01 + 64.0 * 0.16) + 63.0 * entropy(0.01)) / 64.0, entropy(0.17));
        let bits = [nats, least, independent].map(|nats| nats / std::f64::consts::LN_2);
        println!("bits a pixel: {bits:.3?} learnt, at least, independent");
        assert!(nats > least - 0.05 && nats < 0.5 * (least + independent), "{bits:?}");

        let file = pollster::block_on(session.weights()).expect("a file");
        let again = weights::load("glow", &file, &Device::flex()).expect("a model");
        let other = judged(&*again, unseen());
        assert!(log_probs.iter().zip(&other).all(|(a, b)| (a - b).abs() < 1e-3));
    }
}
