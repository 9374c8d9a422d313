//! How much of its codebook a model takes for the test set.

use burn::prelude::*;
use kiln::codebook::{perplexity, tally, used};
use kiln::weights;
use pollster::block_on;

use super::{Bench, Findings, Measured, Own, read};
use crate::failure::Outcome;

pub(super) fn measure(bench: &Bench, all: &[Own]) -> Outcome<Findings> {
    let book = bench.loaded.model.codes().expect("it was asked before");
    let test = super::open(bench)?;
    let (count, depth, size) = (bench.judged(&*test), book.depth(), book.size());
    let mut sums: Option<Tensor<2>> = None;
    read(bench, (&*test, count), |x, _| {
        let fresh = tally(book.encode(x), depth, size);
        sums = Some(sums.take().map_or_else(|| fresh.clone(), |sums| sums + fresh.clone()));
        Ok(())
    })?;
    let sums = sums.unwrap_or_else(|| Tensor::zeros([depth, size], bench.device));
    let over = if depth > 1 { format!(", the mean of {depth} codes of a place") } else { String::new() };
    let found = |own: &Own| -> Outcome<Measured> {
        let number = |value| -> kiln::Result<f64> { Ok(f64::from(block_on(weights::read(value))?[0])) };
        Ok(match own {
            Own::CodesUsed => Measured {
                key: "codes_used",
                what: format!("share of {size} codes that occur in {count} test examples{over}"),
                value: number(used(sums.clone()))?,
                beside: None,
            },
            _ => Measured {
                key: "perplexity",
                what: format!("perplexity of the codes of {count} test examples{over}"),
                value: number(perplexity(sums.clone()))?,
                beside: Some(("size", "codes in the codebook", size as f64)),
            },
        })
    };
    let measured = all.iter().map(found).collect::<Outcome<Vec<_>>>()?;
    Ok(Findings { counts: vec![("examples", count)], measured })
}
