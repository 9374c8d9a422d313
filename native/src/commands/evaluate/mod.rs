//! `kiln evaluate`: how good a model is, beside how good it could be.

pub(super) mod judge;
mod classifier;
mod pictures;
mod points;
mod tokens;
mod reconstruction;

use std::path::PathBuf;
use std::time::Instant;

use burn::prelude::Device;
use kiln::data::{DataConfig, Dataset, Split};
use serde_json::{Map, Value, json};

use super::walk::Walk;
use crate::failure::{Outcome, argument};
use crate::models::{self, Loaded};
use crate::out;
use crate::spec::member;

const EXAMPLES: &str = "Examples:
  kiln evaluate density/moons -n 10000
  kiln evaluate mnist/flow --data data/mnist --json
  kiln evaluate mnist/classifier --data data/mnist
  kiln evaluate outputs/runs/2026-11-21T10-15-00_mnist-autoencoder_k3f9";

/// The arguments of `kiln evaluate`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Entry of the zoo, .safetensors file, or folder of a run
    model: String,
    /// Where the data are, for those that are read from files
    #[arg(long, value_name = "PATH")]
    data: Option<PathBuf>,
    /// The data, for a .safetensors file, which does not say (kiln list datasets)
    #[arg(long, value_name = "NAME[:key=value,...]")]
    dataset: Option<String>,
    /// Who reads the pictures, and in whose features they are compared
    #[arg(long, value_name = "MODEL", default_value = "mnist/classifier")]
    classifier: String,
    /// Samples that are compared with the data
    #[arg(short = 'n', long, default_value_t = 10_000)]
    count: usize,
    /// Guided samples of pictures, whose class is read
    #[arg(long, default_value_t = 1000)]
    guided: usize,
    #[command(flatten)]
    walk: Walk,
    /// Seed of all noise
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Samples at a time [default: 64 pictures, 4096 points]
    #[arg(long)]
    batch: Option<usize>,
    /// What to compute on (kiln devices)
    #[arg(long, default_value = "auto")]
    device: String,
    /// For a program to read
    #[arg(long)]
    json: bool,
}

/// Something measured, and what it is to be held against.
pub(super) struct Measured {
    /// Its key in cards and JSON.
    key: &'static str,
    /// What it is, in words.
    what: String,
    value: f64,
    /// Another key, words and value.
    beside: Option<(&'static str, &'static str, f64)>,
}

/// What a measurement works on.
pub(super) struct Bench<'a> {
    args: &'a Args,
    device: &'a Device,
    loaded: &'a Loaded,
    data: DataConfig,
}

impl Bench<'_> {
    /// The data.
    fn open(&self, split: Split) -> kiln::Result<Box<dyn Dataset>> {
        let path = self.args.data.as_deref().or(self.loaded.path.as_deref());
        self.data.open_in(path, split, self.loaded.model.card().vocabulary.as_ref())
    }
}

pub(crate) fn run(args: Args) -> Outcome {
    if args.count < 2 || args.guided == 0 {
        return Err(argument("-n: at least 2 samples have to be compared, and --guided 1 read"));
    }
    let (found, device) = kiln::device::choose(&args.device)?;
    let loaded = models::load(&args.model, &device)?;
    let data = data(args.dataset.as_deref(), &loaded)?;
    let bench = Bench { args: &args, device: &device, loaded: &loaded, data };
    let started = Instant::now();
    let measured = measure(&bench)?;
    let seconds = started.elapsed().as_secs_f64();
    if args.json {
        out::json(&told(&bench, &measured, &found.name, seconds));
    } else {
        show(&bench, &measured);
        out::note(format!("{seconds:.1} s on {}", found.what));
    }
    Ok(())
}

/// What the model is to be compared with.
pub(super) fn data(dataset: Option<&str>, loaded: &Loaded) -> Outcome<DataConfig> {
    match (dataset, &loaded.data) {
        (Some(text), _) => Ok(member(text, DataConfig::named)?),
        (None, Some(data)) => Ok(data.clone()),
        (None, None) => Err(argument(format!(
            "{}: a weight file does not say which data it was trained on: add --dataset NAME, one of: {}",
            loaded.name,
            DataConfig::NAMES.join(", ")
        ))),
    }
}

fn measure(bench: &Bench) -> Outcome<Vec<Measured>> {
    let model = &bench.loaded.model;
    if model.classifier().is_some() {
        return classifier::measure(bench);
    }
    if model.card().vocabulary.is_some() {
        return tokens::measure(bench);
    }
    if model.generator().is_none() && model.codec().is_some() {
        return reconstruction::measure(bench);
    }
    match model.card().shape.len() {
        1 => points::measure(bench),
        _ => pictures::measure(bench),
    }
}

fn show(bench: &Bench, measured: &[Measured]) {
    out::say(format!("{} on {}\n", bench.loaded.name, bench.data.name()));
    let beside = |measured: &Measured| {
        measured.beside.map_or_else(String::new, |(_, what, value)| format!("{what} {value:.5}"))
    };
    let rows: Vec<[String; 3]> = measured
        .iter()
        .map(|measured| [measured.what.clone(), format!("{:.5}", measured.value), beside(measured)])
        .collect();
    out::table(["what", "value", "beside"], &rows);
}

fn told(bench: &Bench, measured: &[Measured], device: &str, seconds: f64) -> Value {
    let mut metrics = Map::new();
    for Measured { key, value, beside, .. } in measured {
        metrics.insert((*key).into(), json!(value));
        metrics.extend(beside.map(|(key, _, value)| (key.to_owned(), json!(value))));
    }
    json!({
        "model": bench.loaded.name,
        "data": bench.data,
        "samples": bench.args.count,
        "guided": bench.args.guided,
        "seed": bench.args.seed,
        "device": device,
        "seconds": seconds,
        "metrics": metrics,
    })
}
