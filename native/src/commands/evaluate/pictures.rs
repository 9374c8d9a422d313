//! A model of pictures: whether a classifier reads what was asked for, and how far its samples lie from the test set in the
//! classifier's features (Fréchet distance, Heusel et al. 2017, <https://arxiv.org/abs/1706.08500>).

use kiln::data::Split;
use kiln::guidance::Guiding;
use kiln::metrics::accuracy;
use kiln::model::{Classes, Request};

use super::judge::Judge;
use super::{Bench, Findings, Measured, Sets};
use crate::draw::{batch, draw};
use crate::failure::{Outcome, argument};
use crate::models;
use crate::progress::Bar;

/// How many guided pictures are read where nobody says.
const GUIDED: usize = 1000;
const NO_CLASSIFIER: &str = "no classifier of the zoo reads pictures of this size and these classes: train one \
    (`model.kind=classifier`) and name it (--classifier MODEL)";
/// By what samples are compared where nobody says.
const METRICS: &str = "frechet_distance";

pub(super) fn measure(bench: &Bench) -> Outcome<Findings> {
    let (card, count) = (bench.loaded.model.card(), bench.samples());
    // The data first: that they are not there should not be heard after ten minutes of drawing.
    let (train, test) = (bench.open(Split::Train)?, bench.open(Split::Test)?);
    let of = |dataset: &dyn kiln::data::Dataset| dataset.len().unwrap_or(count);
    let metrics = bench.metrics(METRICS, &[[count, of(&*test)], [of(&*train), of(&*test)]])?;
    let classifier = models::classifier(bench.args.classifier.as_deref(), card, bench.device)?;
    let classifier = classifier.ok_or_else(|| argument(NO_CLASSIFIER))?;
    let judge = Judge::new(&classifier, &card.shape, bench.device)?;
    let (mut counts, mut measured) = (vec![("samples", count)], Vec::new());
    if !card.classes.is_empty() {
        let guided = bench.args.guided.unwrap_or(GUIDED);
        counts.push(("guided", guided));
        measured.push(read(bench, &judge, guided)?);
    }
    let train = judge.features_of(&*train, of(&*train), &Bar::new("features of the training set", 0, 0))?;
    let test = judge.features_of(&*test, of(&*test), &Bar::new("features of the test set", 0, 0))?;
    let (samples, width) = judge.features(&unguided(bench)?)?;
    let words = ["the test set", "train to test"];
    let sets = Sets { samples: &samples, fresh: &test, other: &train, dim: width, words };
    for metric in &metrics {
        measured.push(sets.compared(metric)?);
    }
    Ok(Findings { counts, measured })
}

/// How often `count` guided samples are read as the class that was asked for.
fn read(bench: &Bench, judge: &Judge, count: usize) -> Outcome<Measured> {
    let classes = bench.loaded.model.card().classes.len();
    let request = Request { count, ..bench.args.walk.request(&*bench.loaded.model)? };
    let (logits, width) = judge.logits(&rows(bench, &request, "guided samples")?)?;
    let asked: Vec<u32> = (0..count).map(|index| (index % classes) as u32).collect();
    Ok(Measured {
        key: "class_accuracy",
        what: format!("share of {count} guided samples read as asked"),
        value: accuracy(&logits, &asked, width),
        beside: None,
    })
}

/// Samples of each class in turn, without guidance: as the data are, not clearer.
fn unguided(bench: &Bench) -> Outcome<Vec<f32>> {
    let request = bench.args.walk.request(&*bench.loaded.model)?;
    if bench.loaded.model.card().classes.is_empty() {
        return rows(bench, &Request { count: bench.samples(), ..request }, "samples");
    }
    // What says how to guide has nothing to say here; a threshold has.
    let plain = |guiding: Guiding| Guiding { threshold: guiding.threshold, ..Guiding::default() };
    let guiding = request.guiding.map(plain);
    let request = Request { count: bench.samples(), guidance: Some(1.0), guiding, ..request };
    rows(bench, &request, "samples")
}

fn rows(bench: &Bench, request: &Request, what: &'static str) -> Outcome<Vec<f32>> {
    let model = &*bench.loaded.model;
    let classes = if model.card().classes.is_empty() { Classes::Any } else { Classes::Each };
    let request = Request { classes, seed: bench.seed(), ..request.clone() };
    let batch = bench.args.batch.unwrap_or_else(|| batch(model.card()));
    Ok(draw(model, &request, batch, &Bar::new(what, 0, 0))?.rows)
}
