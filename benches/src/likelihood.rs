//! Likelihood models as the zoo's configurations train them: the time of a step, and how probable the test data are in the end.

use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, Result};
use burn::prelude::*;
use clap::Args;
use kiln::config;
use kiln::data::{Batch, Dataset, Loader, Split};
use kiln::likelihood::{Query, finish};
use kiln::metrics::mean_std;
use kiln::model::Model;
use kiln::train::{RunConfig, Session};
use kiln::weights::read;
use pollster::block_on;
use serde_json::{Value, json};

/// Examples that are judged at a time.
const BATCH: usize = 1000;

/// What is to be trained.
#[derive(Clone, Debug, Args)]
pub struct Subject {
    /// The configuration, as YAML
    #[arg(long)]
    config: PathBuf,
    /// Where the data are, for those that are read from files
    #[arg(long)]
    data: Option<PathBuf>,
    /// Steps of the optimizer [default: the configuration's]
    #[arg(long)]
    steps: Option<u64>,
    /// Fresh examples that are judged
    #[arg(long, default_value_t = 100_000)]
    count: u64,
}

/// Trains and judges.
pub fn measure(subject: &Subject, device: &Device) -> Result<Value> {
    let text = std::fs::read_to_string(&subject.config)
        .with_context(|| format!("{} cannot be read", subject.config.display()))?;
    let mut run: RunConfig = config::typed(config::parse(&subject.config.display().to_string(), &text)?)?;
    run.train.steps = subject.steps.unwrap_or(run.train.steps);
    let path = subject.data.as_deref();
    let train = run.data.open(path, Split::Train)?;
    let mut session = Session::new(&run, &*train, device)?;
    let mut loader = Loader::new(train, run.train.batch, run.seed)?;
    let mut seconds = Vec::new();
    for _ in 0..run.train.steps {
        let start = Instant::now();
        block_on(session.step(&mut loader).read())?;
        seconds.push(start.elapsed().as_secs_f64());
    }
    let total = seconds.iter().sum::<f64>();
    seconds.sort_by(f64::total_cmp);
    let test = run.data.open(path, Split::Test)?;
    let (nll, error) = judged(&*session.model()?, &*test, subject.count, device)?;
    Ok(json!({
        "parameters": session.parameters(),
        "steps": run.train.steps,
        "seconds": total,
        "step": seconds.get(seconds.len() / 2),
        "nll": nll,
        "nll_error": error,
    }))
}

/// The mean negative log-likelihood of test examples by the model's own method, and its standard error.
fn judged(model: &dyn Model, test: &dyn Dataset, count: u64, device: &Device) -> Result<(f64, f64)> {
    let likelihood = model.likelihood().context("this model has no likelihood")?;
    let count = test.len().map_or(count, |length| count.min(length as u64));
    let mut values = Vec::new();
    for first in (0..count).step_by(BATCH) {
        let indices: Vec<u64> = (first..count.min(first + BATCH as u64)).collect();
        let batch = Batch::gather(test, &indices, first);
        let shape = [indices.len(), model.card().features()];
        let rows = Tensor::from_data(TensorData::new(batch.x, shape), device);
        let log_prob = finish(&mut *likelihood.judge(rows, &Query { first, ..Query::default() })?)?;
        values.extend(block_on(read(log_prob))?.into_iter().map(f64::from));
    }
    let (mean, std) = mean_std(&values);
    Ok((-mean, std / (values.len() as f64).sqrt()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_training_is_timed_and_judged() {
        let folder = std::env::temp_dir().join(format!("kiln-bench-{}.yaml", std::process::id()));
        let text = "name: x\ndata: moons\nmodel: {kind: flow, repeat: 2}\ntrain: {steps: 3, batch: 8}\n";
        std::fs::write(&folder, text).expect("a file");
        let subject = Subject { config: folder.clone(), data: None, steps: None, count: 50 };
        let found = measure(&subject, &Device::flex()).expect("numbers");
        std::fs::remove_file(folder).expect("a file");
        assert_eq!(found["steps"], json!(3));
        assert!(found["nll"].as_f64().is_some_and(f64::is_finite) && found["step"].as_f64() > Some(0.0));
    }
}
