//! A density: how far its samples lie from fresh data, beside how far data lie from data.

use kiln::data::Split;
use kiln::metrics::{energy_distance, sliced_wasserstein};
use kiln::model::{Classes, Request};

use super::{Bench, Measured};
use crate::draw::{batch, draw};
use crate::failure::{Outcome, argument};
use crate::picture::examples;
use crate::progress::Bar;

/// Directions in which distributions are compared.
const DIRECTIONS: usize = 256;

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
    Ok(vec![
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
    ])
}
