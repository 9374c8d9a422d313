//! What flows learn.

use std::sync::Arc;

use super::*;
use crate::data::{Dataset, Labels, Loader};
use crate::train::{RunConfig, Session};

/// `(n_1, 0.9 n_1 + 0.5 n_2)`.
struct Correlated;

impl Dataset for Correlated {
    fn shape(&self) -> &[usize] {
        &[2]
    }
    fn len(&self) -> Option<usize> {
        None
    }
    fn read(&self, index: u64, out: &mut [f32]) -> Labels {
        Key::new(5, Purpose::Data, index).fill_normal(out);
        out[1] = 0.9 * out[0] + 0.5 * out[1];
        Labels::default()
    }
}

/// Mean over fresh examples of `log p(x) − log q(x)`: the divergence from the data to the model, in nats.
fn divergence(model: Value) -> f64 {
    let run = json!({ "seed": 1, "model": model, "train": { "steps": 400, "batch": 128, "ema": 0.9,
        "optimizer": "adam", "rate": { "kind": "cosine", "peak": 1e-2, "warmup": 10 } } });
    let run: RunConfig = config::typed(run).expect("a configuration");
    let dataset: Arc<dyn Dataset> = Arc::new(Correlated);
    let mut session = Session::new(&run, &*dataset, &Device::flex()).expect("a session");
    let mut loader = Loader::new(dataset.clone(), run.train.batch, run.seed).expect("a loader");
    (0..run.train.steps).for_each(|_| drop(session.step(&mut loader)));
    let model = session.model().expect("a model");
    let batch = Batch::gather(&*dataset, &(900_000..904_000).collect::<Vec<_>>(), 0);
    let x: Tensor<2> = Tensor::from_data(TensorData::new(batch.x, [4000, 2]), &Device::flex());
    let likelihood = model.likelihood().expect("a flow has a likelihood");
    let mut estimation = likelihood.judge(x.clone(), &crate::likelihood::Query::default()).expect("rows");
    let found = host(crate::likelihood::finish(&mut *estimation).expect("densities"));
    let rows = host(x);
    let truly = rows.chunks(2).map(|x| {
        let n = (x[1] - 0.9 * x[0]) / 0.5;
        -0.5 * (x[0] * x[0] + n * n) - std::f64::consts::TAU.ln() - 0.5_f64.ln()
    });
    truly.zip(&found).map(|(p, q)| p - q).sum::<f64>() / 4000.0
}

#[test]
fn a_correlated_gaussian_is_learnt_to_its_entropy() {
    let conditioner = json!({ "hidden": [16] });
    for (kind, element) in [("coupling", "affine"), ("autoregressive", "affine"), ("coupling", "spline")] {
        let transform = json!({ "kind": kind, "element": element, "conditioner": conditioner });
        let lost = divergence(json!({ "kind": "flow", "transforms": [transform], "repeat": 2 }));
        println!("{kind}.{element}: {lost:.4} nats");
        assert!(lost < 0.02, "{kind}.{element}: {lost}");
    }
}
