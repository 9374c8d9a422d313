//! Judging data: several estimations where they do not fit in one, the same numbers whatever the batch.

use burn::prelude::*;
use kiln::data::Batch;
use kiln::likelihood::{Likelihood, Query};
use kiln::metrics::mean_std;
use kiln::{Error, Result, weights};
use pollster::block_on;

use crate::progress::Bar;

/// What a model thinks of data, on the host.
pub struct Judged {
    /// `log p` of each example, in nats.
    pub log_prob: Vec<f64>,
    /// Evaluations of the network, of a batch each.
    pub evaluations: usize,
}

impl Judged {
    /// The mean, and its standard error.
    pub fn mean(&self) -> (f64, f64) {
        let (mean, std) = mean_std(&self.log_prob);
        (mean, std / (self.log_prob.len() as f64).sqrt())
    }
}

/// Judges `examples`, at most `batch` at a time; the query's classes are those of all of them.
pub fn judge(
    model: &dyn Likelihood,
    examples: &Batch,
    query: &Query,
    (batch, device): (usize, &Device),
    bar: &Bar,
) -> Result<Judged> {
    if batch == 0 {
        return Err(Error::argument("batch: at least 1 example has to be judged at a time, not 0"));
    }
    let features = examples.shape.iter().product::<usize>();
    bar.length(examples.size() as u64);
    let mut judged = Judged { log_prob: Vec::new(), evaluations: 0 };
    for (part, rows) in examples.x.chunks(batch * features).enumerate() {
        let (done, size) = (part * batch, rows.len() / features);
        let rows = Tensor::from_data(TensorData::new(rows.to_vec(), [size, features]), device);
        let classes = query.classes.as_ref().map(|classes| classes[done..done + size].to_vec());
        let query = Query { first: query.first + done as u64, classes, ..query.clone() };
        let mut estimation = model.judge(rows, &query)?;
        while let Some(estimate) = estimation.step() {
            let estimate = estimate?;
            bar.at((done as f64 + estimate.done * size as f64) as u64);
            if let Some(log_prob) = estimate.log_prob {
                judged.log_prob.extend(block_on(weights::read(log_prob))?.into_iter().map(f64::from));
            }
        }
        judged.evaluations += estimation.evaluations();
    }
    match judged.log_prob.iter().position(|value| !value.is_finite()) {
        Some(at) => Err(not_finite(model, examples, query, (at, device))?),
        None => Ok(judged),
    }
}

/// The error of an example whose likelihood is not finite, with the part of the model that first gave such a number, where it can tell.
fn not_finite(
    model: &dyn Likelihood,
    examples: &Batch,
    query: &Query,
    (at, device): (usize, &Device),
) -> Result<Error> {
    let features = examples.shape.iter().product::<usize>();
    let row = examples.x[at * features..(at + 1) * features].to_vec();
    let classes = query.classes.as_ref().map(|classes| vec![classes[at]]);
    let query = Query { first: query.first + at as u64, classes, ..query.clone() };
    let trace = model.trace(Tensor::from_data(TensorData::new(row, [1, features]), device), &query)?;
    let part = match trace {
        Some(trace) => block_on(trace.first())?,
        None => None,
    };
    let why = match part {
        Some(part) => format!("; what was not finite first: {part}"),
        None => ": more `--steps` or another `--method` may help".to_owned(),
    };
    Ok(Error::NotFinite(format!("the likelihood of example {at} is not finite{why}")))
}
