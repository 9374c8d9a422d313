//! A density: how far its samples lie from fresh data, beside how far data lie from data.

use kiln::data::{Dataset, Split};
use kiln::likelihood::Query;
use kiln::model::{Classes, Request};

use super::super::likelihood::{exact, first};
use super::own::{self, Own};
use super::{Bench, Findings, Measured, Sets};
use crate::draw::{batch, draw};
use crate::failure::{Outcome, argument};
use crate::judge::judge;
use crate::picture::examples;
use crate::progress::Bar;

/// By what samples are compared where nobody says.
const METRICS: &str = "sliced_wasserstein,energy_distance";
/// Points whose likelihood is found.
const JUDGED: usize = 1000;

pub(super) fn measure(bench: &Bench) -> Outcome<Findings> {
    let (model, count) = (&*bench.loaded.model, bench.samples());
    let test = bench.open(Split::Test)?;
    let (card, dim) = (model.card(), model.card().features());
    if test.shape() != card.shape {
        return Err(argument(format!("the data are of {:?}, the samples of {:?}", test.shape(), card.shape)));
    }
    let metrics = bench.metrics(METRICS, &[[count; 2]])?;
    let classes = if card.classes.is_empty() { Classes::Any } else { Classes::Each };
    let request = Request { count, seed: bench.seed(), classes, ..bench.args.walk.request(model)? };
    let batch = bench.args.batch.unwrap_or_else(|| batch(card));
    let samples = draw(model, &request, batch, &Bar::new("samples", 0, 0))?.rows;
    let fresh = examples(&*test, 0, count);
    // Where the data end, data are compared with what is left of them.
    let other = examples(&*test, count as u64, count);
    let words = ["fresh data", "data to data"];
    let sets = Sets { samples: &samples, fresh: &fresh, other: &other, dim, words };
    let mut measured =
        metrics.iter().map(|metric| sets.compared(metric)).collect::<kiln::Result<Vec<_>>>()?;
    measured.extend(likelihood(bench, &*test)?);
    Ok(Findings { counts: vec![("samples", count)], measured })
}

/// Mean log-likelihood of fresh data, beside the data's own.
fn likelihood(bench: &Bench, test: &dyn Dataset) -> Outcome<Option<Measured>> {
    let Some(model) = bench.loaded.model.likelihood() else { return Ok(None) };
    let examples = first(test, JUDGED);
    let query = Query { method: Some(own::method(bench, Own::Nll)?), seed: bench.seed(), ..Query::default() };
    let bar = Bar::new("likelihood", 0, 0);
    let judged = judge(model, &examples, &query, (JUDGED, bench.device), &bar)?;
    let exact = exact(test, &examples);
    Ok(Some(Measured {
        key: "log_likelihood",
        what: format!("mean log-likelihood of {} fresh points, in nats", examples.size()),
        value: judged.mean().0,
        beside: exact.map(|(mean, _)| ("data", "of the data's own density", mean)),
    }))
}
