//! `kiln evaluate`: how good a model is, beside how good it could be.

pub(super) mod judge;
mod classifier;
mod pictures;
mod points;
mod tokens;
mod reconstruction;
mod own;

use std::path::PathBuf;
use std::time::Instant;

use burn::prelude::Device;
use kiln::data::{DataConfig, Dataset, Split};
use kiln::metrics::{Meaning, MetricConfig};
use kiln::model::{Card, Model};
use serde_json::{Map, Value, json};

use super::walk::Walk;
use crate::failure::{Outcome, argument};
use crate::models::{self, Loaded};
use crate::out;
use crate::spec::{list, member};

use own::Own;

const EXAMPLES: &str = "Examples:
  kiln evaluate density/moons -n 4000 --metric wasserstein,sliced_wasserstein:directions=1000
  kiln evaluate density/checkerboard --metric precision,recall,coverage:k=3
  kiln evaluate density/moons-nsf --metric nll -n 100000
  kiln evaluate mnist/flow --data data/mnist --json
  kiln evaluate mnist/vae --metric nll,elbo,active_units,kl --data data/mnist
  kiln evaluate mnist/classifier --data data/mnist
  kiln evaluate outputs/runs/2026-11-21T10-15-00_mnist-autoencoder_k3f9
  kiln evaluate outputs/runs/2026-11-21T10-15-00_shapes-beta-vae_k3f9 --metric mig,sap,dci,factor_vae
  kiln evaluate outputs/runs/2026-11-21T10-15-00_mnist-vqvae_k3f9 --metric codes_used,perplexity --data data/mnist
Latents as pictures and as a table: kiln latent --help";

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
    /// Who reads the pictures, and in whose features they are compared [default: the zoo's for such pictures]
    #[arg(long, value_name = "MODEL")]
    classifier: Option<String>,
    /// Samples that are compared with the data, or test examples that are read [default: 10,000 samples; 256 examples of
    /// tokens; of a classifier and an autoencoder all, or 10,000 of data without an end; of what is measured of a model by itself
    /// 10,000, and 1000 where it has to walk]
    #[arg(short = 'n', long)]
    count: Option<usize>,
    /// Guided samples of pictures, whose class is read [default: 1000]
    #[arg(long)]
    guided: Option<usize>,
    /// By what samples are compared, in the classifier's features if they are pictures (kiln list metrics); or what is measured of
    /// the model by itself on the test set: nll and elbo in nats, bpd in bits per dimension; of a variational autoencoder's latents
    /// active_units, kl, and mig, sap, dci, factor_vae where the data know their factors; of a codebook codes_used, perplexity
    /// [default: sliced_wasserstein,energy_distance for points, frechet_distance for pictures]
    #[arg(long = "metric", value_name = "NAME[:key=value,...],...")]
    metrics: Option<String>,
    #[command(flatten)]
    walk: Walk,
    /// Seed of all noise [default: 0]
    #[arg(long)]
    seed: Option<u64>,
    /// Samples at a time [default: 64 pictures, 4096 points, 500 examples that are encoded]
    #[arg(long)]
    batch: Option<usize>,
    /// What to compute on (kiln devices)
    #[arg(long, default_value = "auto")]
    device: String,
    /// For a program to read
    #[arg(long)]
    json: bool,
}

/// Samples, or examples of data without an end, where nobody says how many.
const COUNT: usize = 10_000;

/// What is measured, by what a model can do.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Classifier,
    Tokens,
    Autoencoder,
    Points,
    Pictures,
}

/// What was measured, and on how many.
#[derive(Default)]
pub(super) struct Findings {
    /// `samples`, `guided` ones or `examples`, and their number.
    counts: Vec<(&'static str, usize)>,
    measured: Vec<Measured>,
}

impl Findings {
    fn add(&mut self, other: Self) {
        self.counts.extend(other.counts);
        self.measured.extend(other.measured);
    }
}

/// Something measured, and what it is to be held against.
pub(super) struct Measured {
    /// Its key in cards and JSON.
    key: &'static str,
    /// What it is, in words.
    what: String,
    value: f64,
    /// What follows the key for another value, that in words, and the value.
    beside: Option<(&'static str, &'static str, f64)>,
}

/// Sets of rows of `dim` numbers that are compared, and what the second and the third are, in words.
struct Sets<'a> {
    samples: &'a [f32],
    fresh: &'a [f32],
    other: &'a [f32],
    dim: usize,
    words: [&'static str; 2],
}

impl Sets<'_> {
    /// How samples lie to fresh data, beside how other data do.
    fn compared(&self, metric: &MetricConfig) -> kiln::Result<Measured> {
        let ([to, beside], count) = (self.words, self.samples.len() / self.dim);
        let of = match metric.most().filter(|most| *most < count) {
            Some(most) => format!("{most} of {count}"),
            None => count.to_string(),
        };
        let among = if metric.meaning() == Meaning::Share { "among" } else { "to" };
        let value = |a: &[f32]| metric.measure(a, self.fresh, self.dim);
        Ok(Measured {
            key: metric.name(),
            what: format!("{} of {of} samples {among} {to}", metric.name()),
            value: value(self.samples)?,
            beside: Some(("data", beside, value(self.other)?)),
        })
    }
}

/// What a measurement works on.
pub(super) struct Bench<'a> {
    args: &'a Args,
    device: &'a Device,
    loaded: &'a Loaded,
    data: DataConfig,
}

impl Bench<'_> {
    /// How many samples are drawn.
    fn samples(&self) -> usize {
        self.args.count.unwrap_or(COUNT)
    }

    /// How many examples of the test set are read: all, where nobody says.
    fn examples(&self, test: &dyn Dataset) -> usize {
        let all = test.len().unwrap_or(usize::MAX);
        self.args.count.unwrap_or_else(|| test.len().unwrap_or(COUNT)).min(all)
    }

    /// How many examples of the test set latents and codes are read of.
    fn judged(&self, test: &dyn Dataset) -> usize {
        self.args.count.unwrap_or(COUNT).min(test.len().unwrap_or(usize::MAX))
    }

    /// By what samples are compared, where nobody says by these, in sets of so many rows.
    fn metrics(&self, default: &str, rows: &[[usize; 2]]) -> Outcome<Vec<MetricConfig>> {
        let mut metrics = Vec::new();
        let named = list(self.args.metrics.as_deref().unwrap_or(default));
        for text in Own::among(named)?.1 {
            let metric = member(&text, MetricConfig::named)?;
            rows.iter().try_for_each(|rows| metric.check(*rows))?;
            metrics.push(metric);
        }
        Ok(metrics)
    }

    fn seed(&self) -> u64 {
        self.args.seed.unwrap_or(0)
    }

    /// The data.
    fn open(&self, split: Split) -> kiln::Result<Box<dyn Dataset>> {
        let path = self.args.data.as_deref().or(self.loaded.path.as_deref());
        self.data.open_in(path, split, self.loaded.model.card().vocabulary.as_ref())
    }
}

pub(crate) fn run(args: Args) -> Outcome {
    if args.count.is_some_and(|count| count < 2) || args.guided == Some(0) {
        return Err(argument("-n: at least 2 samples have to be compared, and --guided 1 read"));
    }
    let (found, device) = kiln::device::choose(&args.device)?;
    let loaded = models::load(&args.model, &device)?;
    let kind = kind(&*loaded.model);
    let asked = Own::among(args.metrics.as_deref().map(list).unwrap_or_default())?;
    refuse_what_changes_nothing(&args, (kind, &asked), loaded.model.card())?;
    let (own, others) = asked;
    let alone = !own.is_empty() && others.is_empty();
    let data = data(args.dataset.as_deref(), &loaded)?;
    let bench = Bench { args: &args, device: &device, loaded: &loaded, data };
    let started = Instant::now();
    let mut findings = if own.is_empty() { Findings::default() } else { own::measure(&bench, &own)? };
    if !alone {
        findings.add(measure(&bench, kind)?);
    }
    let seconds = started.elapsed().as_secs_f64();
    if args.json {
        out::json(&told(&bench, &findings, &found.name, seconds));
    } else {
        show(&bench, &findings.measured);
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

fn kind(model: &dyn Model) -> Kind {
    if model.classifier().is_some() {
        Kind::Classifier
    } else if model.card().vocabulary.is_some() {
        Kind::Tokens
    } else if model.generator().is_none() && model.codec().is_some() {
        Kind::Autoencoder
    } else if model.card().shape.len() == 1 {
        Kind::Points
    } else {
        Kind::Pictures
    }
}

/// An option that nothing hangs on is a misunderstanding; `own` and `others` are the metrics that were asked for.
fn refuse_what_changes_nothing(
    args: &Args,
    (kind, (own, others)): (Kind, &(Vec<Own>, Vec<String>)),
    card: &Card,
) -> Outcome {
    let alone = !own.is_empty() && others.is_empty();
    let pictures = kind == Kind::Pictures && !alone;
    let drawn = pictures || kind == Kind::Points && !alone;
    let tokens = kind == Kind::Tokens && !alone;
    let noisy = drawn || tokens || own.iter().any(|own| own.is_drawn());
    let metric = format!("--metric {}", others.join(","));
    let asked = [
        ("the options of a walk", args.walk != Walk::default(), drawn),
        ("--batch", args.batch.is_some(), drawn || tokens || alone),
        ("--seed", args.seed.is_some(), noisy),
        ("--classifier", args.classifier.is_some(), pictures),
        ("--guided", args.guided.is_some(), pictures && !card.classes.is_empty()),
        (&metric, args.metrics.is_some(), drawn || alone),
    ];
    match asked.into_iter().find(|(_, asked, used)| *asked && !used) {
        None => Ok(()),
        Some((option, ..)) => Err(argument(format!(
            "{option}: nothing that is measured of this {} hangs on it; leave it out",
            card.family
        ))),
    }
}

fn measure(bench: &Bench, kind: Kind) -> Outcome<Findings> {
    match kind {
        Kind::Classifier => classifier::measure(bench),
        Kind::Tokens => tokens::measure(bench),
        Kind::Autoencoder => reconstruction::measure(bench),
        Kind::Points => points::measure(bench),
        Kind::Pictures => pictures::measure(bench),
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

fn told(bench: &Bench, findings: &Findings, device: &str, seconds: f64) -> Value {
    let mut metrics = Map::new();
    for Measured { key, value, beside, .. } in &findings.measured {
        metrics.insert((*key).into(), json!(value));
        metrics.extend(beside.map(|(other, _, value)| (format!("{key}_{other}"), json!(value))));
    }
    let mut told =
        Map::from_iter([("model".into(), json!(bench.loaded.name)), ("data".into(), json!(bench.data))]);
    told.extend(findings.counts.iter().map(|(key, count)| ((*key).to_owned(), json!(count))));
    let rest = [
        ("seed", json!(bench.seed())),
        ("device", json!(device)),
        ("seconds", json!(seconds)),
        ("metrics", metrics.into()),
    ];
    told.extend(rest.map(|(key, value)| (key.to_owned(), value)));
    told.into()
}
