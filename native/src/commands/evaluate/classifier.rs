//! A classifier: how often it is right on the test set.

use kiln::data::{Batch, Split};
use kiln::metrics::accuracy;

use super::judge::Judge;
use super::{Bench, Findings, Measured};
use crate::failure::{Outcome, argument};
use crate::progress::Bar;

/// Examples at a time.
const BATCH: u64 = 500;

pub(super) fn measure(bench: &Bench) -> Outcome<Findings> {
    let test = bench.open(Split::Test)?;
    let model = &*bench.loaded.model;
    let judge = Judge::new(bench.loaded, test.shape(), bench.device)?;
    if test.classes().len() != model.card().classes.len() {
        return Err(argument(format!(
            "the data have {} classes, the model {}: it was trained on others",
            test.classes().len(),
            model.card().classes.len()
        )));
    }
    let count = bench.examples(&*test) as u64;
    let bar = Bar::new("reading the test set", count.div_ceil(BATCH), 0);
    let (mut logits, mut classes) = (Vec::new(), Vec::new());
    for first in (0..count).step_by(BATCH as usize) {
        let indices: Vec<u64> = (first..(first + BATCH).min(count)).collect();
        let batch = Batch::gather(&*test, &indices, first);
        logits.extend(judge.logits(&batch.x)?.0);
        classes
            .extend(batch.class.ok_or_else(|| argument("the data do not tell the class of each example"))?);
        bar.step();
    }
    let right = Measured {
        key: "accuracy",
        what: format!("accuracy on {count} test examples"),
        value: accuracy(&logits, &classes, model.card().classes.len()),
        beside: None,
    };
    Ok(Findings { counts: vec![("examples", count as usize)], measured: vec![right] })
}
