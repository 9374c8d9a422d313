//! A model of pictures: whether a classifier reads what was asked for, and how far its samples lie from the test set in the
//! classifier's features (Fréchet distance, Heusel et al. 2017, <https://arxiv.org/abs/1706.08500>).

use kiln::data::Split;
use kiln::metrics::frechet_distance;
use kiln::model::{Classes, Request};

use super::judge::Judge;
use super::{Bench, Measured};
use crate::draw::{batch, draw};
use crate::failure::Outcome;
use crate::models;
use crate::progress::Bar;

pub(super) fn measure(bench: &Bench) -> Outcome<Vec<Measured>> {
    let card = bench.loaded.model.card();
    // The data first: that they are not there should not be heard after ten minutes of drawing.
    let (train, test) = (bench.open(Split::Train)?, bench.open(Split::Test)?);
    let judge = models::load(&bench.args.classifier, bench.device)?;
    let judge = Judge::new(&bench.args.classifier, &*judge.model, &card.shape, bench.device)?;
    let mut measured = Vec::new();
    if !card.classes.is_empty() {
        measured.push(read(bench, &judge)?);
    }
    let all = usize::MAX;
    let limit = |dataset: &dyn kiln::data::Dataset| dataset.len().map_or(bench.args.count, |_| all);
    let train =
        judge.features_of(&*train, limit(&*train), &Bar::new("features of the training set", 0, 0))?;
    let test = judge.features_of(&*test, limit(&*test), &Bar::new("features of the test set", 0, 0))?;
    let (samples, width) = judge.features(&unguided(bench)?)?;
    measured.push(Measured {
        key: "frechet_distance",
        what: format!("Fréchet distance of {} samples to the test set", bench.args.count),
        value: frechet_distance(&samples, &test, width)?,
        beside: Some(("frechet_distance_data", "train to test", frechet_distance(&train, &test, width)?)),
    });
    Ok(measured)
}

/// How often guided samples are read as the class that was asked for.
fn read(bench: &Bench, judge: &Judge) -> Outcome<Measured> {
    let classes = bench.loaded.model.card().classes.len();
    let rows = rows(
        bench,
        &Request { count: bench.args.guided, ..bench.args.walk.request(&*bench.loaded.model)? },
        "guided samples",
    )?;
    let read = judge.classes(&rows)?;
    let right = read.iter().enumerate().filter(|(index, class)| **class as usize == index % classes).count();
    Ok(Measured {
        key: "class_accuracy",
        what: format!("share of {} guided samples read as asked", bench.args.guided),
        value: right as f64 / read.len() as f64,
        beside: None,
    })
}

/// Samples of each class in turn, without guidance: as the data are, not clearer.
fn unguided(bench: &Bench) -> Outcome<Vec<f32>> {
    let guidance = (!bench.loaded.model.card().classes.is_empty()).then_some(1.0);
    rows(
        bench,
        &Request { count: bench.args.count, guidance, ..bench.args.walk.request(&*bench.loaded.model)? },
        "samples",
    )
}

fn rows(bench: &Bench, request: &Request, what: &'static str) -> Outcome<Vec<f32>> {
    let model = &*bench.loaded.model;
    let classes = if model.card().classes.is_empty() { Classes::Any } else { Classes::Each };
    let request = Request { classes, seed: bench.args.seed, ..request.clone() };
    let batch = bench.args.batch.unwrap_or_else(|| batch(model.card()));
    Ok(draw(model, &request, batch, &Bar::new(what, 0, 0))?.rows)
}
