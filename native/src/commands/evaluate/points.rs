//! A density: how far its samples lie from fresh data, beside how far data lie from data.

use kiln::data::{Dataset, Split};
use kiln::likelihood::{LikelihoodConfig, Ode, Query};
use kiln::metrics::{energy_distance, sliced_wasserstein};
use kiln::model::{Classes, Request};

use super::super::likelihood::{exact, first};
use super::{Bench, Measured};
use crate::draw::{batch, draw};
use crate::failure::{Outcome, argument};
use crate::judge::judge;
use crate::picture::examples;
use crate::progress::Bar;

/// Directions in which distributions are compared.
const DIRECTIONS: usize = 256;
/// Points whose likelihood is found.
const JUDGED: usize = 1000;
/// Steps in which it is found: more change it by less than a hundredth of a nat.
const STEPS: usize = 25;

pub(super) fn measure(bench: &Bench) -> Outcome<Vec<Measured>> {
    let (model, count) = (&*bench.loaded.model, bench.args.count);
    let test = bench.open(Split::Test)?;
    let (card, dim) = (model.card(), model.card().features());
    if test.shape() != card.shape {
        return Err(argument(format!("the data are of {:?}, the samples of {:?}", test.shape(), card.shape)));
    }
    let classes = if card.classes.is_empty() { Classes::Any } else { Classes::Each };
    let request = Request { count, seed: bench.args.seed, classes, ..bench.args.walk.request(model)? };
    let batch = bench.args.batch.unwrap_or_else(|| batch(card));
    let samples = draw(model, &request, batch, &Bar::new("samples", 0, 0))?.rows;
    let fresh = examples(&*test, 0, count);
    // Where the data end, data are compared with what is left of them.
    let other = examples(&*test, count as u64, count);
    let sliced = |a: &[f32]| sliced_wasserstein(a, &fresh, dim, DIRECTIONS, bench.args.seed);
    let energy = |a: &[f32]| energy_distance(a, &fresh, dim);
    let mut measured = vec![
        Measured {
            key: "sliced_wasserstein",
            what: format!("sliced Wasserstein distance of {count} samples to fresh data"),
            value: sliced(&samples)?,
            beside: Some(("sliced_wasserstein_data", "data to data", sliced(&other)?)),
        },
        Measured {
            key: "energy_distance",
            what: format!("energy distance of {count} samples to fresh data"),
            value: energy(&samples)?,
            beside: Some(("energy_distance_data", "data to data", energy(&other)?)),
        },
    ];
    measured.extend(likelihood(bench, &*test)?);
    Ok(measured)
}

/// Mean log-likelihood of fresh data, beside the data's own.
fn likelihood(bench: &Bench, test: &dyn Dataset) -> Outcome<Option<Measured>> {
    let Some(model) = bench.loaded.model.likelihood() else { return Ok(None) };
    let examples = first(test, JUDGED);
    let method = Some(LikelihoodConfig::Ode(Ode { steps: STEPS, ..Ode::default() }));
    let query = Query { method, seed: bench.args.seed, ..Query::default() };
    let bar = Bar::new("likelihood", 0, 0);
    let judged = judge(model, &examples, &query, (JUDGED, bench.device), &bar)?;
    let exact = exact(test, &examples);
    Ok(Some(Measured {
        key: "log_likelihood",
        what: format!("mean log-likelihood of {} fresh points, in nats", examples.size()),
        value: judged.mean().0,
        beside: exact.map(|(mean, _)| ("log_likelihood_data", "of the data's own density", mean)),
    }))
}
