//! What the papers say, by enumeration on chains so small that nothing has to be estimated.

mod chain;
mod bound;
mod joint;
mod requests;
mod learning;

use burn::prelude::*;
use serde_json::json;

use super::*;

/// `Q(α)`, row by row.
type Matrix = Vec<Vec<f64>>;

/// Single tokens in double precision: `[n, 1]`.
fn tokens(values: &[f64]) -> Tensor<2> {
    let shape = [values.len(), 1];
    Tensor::from_data(TensorData::new(values.to_vec(), shape), (&Device::flex(), burn::tensor::DType::F64))
}

/// Rows of logarithms in double precision: `[n, 1, k]`.
fn logs(rows: &[Vec<f64>]) -> Tensor<3> {
    let values: Vec<f64> = rows.iter().flatten().map(|p| p.ln().max(crate::decoding::NEVER)).collect();
    let shape = [rows.len(), 1, rows[0].len()];
    Tensor::from_data(TensorData::new(values, shape), (&Device::flex(), burn::tensor::DType::F64))
}

fn numbers<const D: usize>(x: Tensor<D>) -> Vec<f64> {
    x.into_data().iter::<f64>().collect()
}

fn process(corruption: &str, schedule: &str, vocabulary: usize) -> Process {
    Process {
        corruption: CorruptionConfig::named(corruption).expect("a corruption"),
        schedule: DecayConfig::named(schedule).expect("a schedule"),
        vocabulary,
    }
}

fn hybrid(steps: usize) -> TokenObjectiveConfig {
    crate::config::typed(json!({ "kind": "hybrid", "steps": steps, "cross_entropy": 0.0 }))
        .expect("an objective")
}

fn masked() -> TokenObjectiveConfig {
    TokenObjectiveConfig::named("masked").expect("an objective")
}

/// `q(x_s|x_t = j, x_0 = i)` by Bayes' rule over matrices.
fn posterior(process: &Process, [t, s]: [f64; 2], i: usize, j: usize) -> Vec<f64> {
    let alpha = |t| process.schedule.alpha(t);
    let matrix = |alpha| process.corruption.transition(alpha, process.vocabulary);
    let (to_s, onward) = (matrix(alpha(s)), matrix(alpha(t) / alpha(s)));
    let joint: Vec<f64> = (0..to_s.len()).map(|k| to_s[i][k] * onward[k][j]).collect();
    let total: f64 = joint.iter().sum();
    joint.iter().map(|p| p / total).collect()
}
