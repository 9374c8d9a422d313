//! A classifier: how often it is right on the test set.

use kiln::data::{Batch, Split};

use super::judge::Judge;
use super::{Bench, Measured};
use crate::failure::{Outcome, argument};
use crate::progress::Bar;

/// Examples at a time.
const BATCH: u64 = 500;

pub(super) fn measure(bench: &Bench) -> Outcome<Vec<Measured>> {
    let test = bench.open(Split::Test)?;
    let model = &*bench.loaded.model;
    let judge = Judge::new(&bench.loaded.name, model, test.shape(), bench.device)?;
    if test.classes().len() != model.card().classes.len() {
        return Err(argument(format!(
            "the data have {} classes, the model {}: it was trained on others",
            test.classes().len(),
            model.card().classes.len()
        )));
    }
    let count = test.len().unwrap_or(bench.args.count) as u64;
    let bar = Bar::new("reading the test set", count.div_ceil(BATCH), 0);
    let mut right = 0;
    for first in (0..count).step_by(BATCH as usize) {
        let indices: Vec<u64> = (first..(first + BATCH).min(count)).collect();
        let batch = Batch::gather(&*test, &indices, first);
        let read = judge.classes(&batch.x)?;
        right += read.iter().zip(batch.class.iter().flatten()).filter(|(read, true_)| read == true_).count();
        bar.step();
    }
    Ok(vec![Measured {
        key: "accuracy",
        what: format!("accuracy on {count} test examples"),
        value: right as f64 / count as f64,
        beside: None,
    }])
}
