//! A model of tokens: how many bits it takes to write a token of the test set down, beside what it takes to know how often each comes.

use kiln::data::{Dataset, Split};
use kiln::likelihood::{Query, bits_per_dim};

use super::super::likelihood::first;
use super::{Bench, Findings, Measured};
use crate::draw::batch;
use crate::failure::{Outcome, argument};
use crate::judge::judge;
use crate::progress::Bar;

/// Examples of which the bound is found where nobody says how many, and of which tokens are counted.
const JUDGED: usize = 256;
const COUNTED: usize = 10_000;

pub(super) fn measure(bench: &Bench) -> Outcome<Findings> {
    let card = bench.loaded.model.card();
    let (train, test) = (bench.open(Split::Train)?, bench.open(Split::Test)?);
    if test.shape() != card.shape {
        return Err(argument(format!("the data are of {:?}, the model's of {:?}", test.shape(), card.shape)));
    }
    let Some(model) = bench.loaded.model.likelihood() else {
        return Err(argument(format!("{}: a {} has no likelihood", bench.loaded.name, card.family)));
    };
    let examples = first(&*test, bench.args.count.unwrap_or(JUDGED));
    let query = Query { seed: bench.seed(), ..Query::default() };
    let batch = bench.args.batch.unwrap_or_else(|| batch(card));
    let judged = judge(model, &examples, &query, (batch, bench.device), &Bar::new("judging", 0, 0))?;
    let size = card.vocabulary.as_ref().map_or(1, kiln::data::Vocabulary::size);
    let bits = alone(&counts(&*train, size), &examples.x);
    let bound = Measured {
        key: "bits_per_token",
        what: format!("bits per token of {} test examples, at most", examples.size()),
        value: bits_per_dim(judged.mean().0, card.features()),
        beside: Some(("alone", "knowing only how often each comes", bits)),
    };
    Ok(Findings { counts: vec![("examples", examples.size())], measured: vec![bound] })
}

/// How often each token comes in examples from all over the data, and once more.
fn counts(train: &dyn Dataset, size: usize) -> Vec<f64> {
    let all = train.len().unwrap_or(COUNTED) as u64;
    let stride = (all / COUNTED as u64).max(1);
    let mut row = vec![0.0; train.shape().iter().product()];
    let mut counts = vec![1.0; size];
    for index in (0..all).step_by(stride as usize) {
        train.read(index, &mut row);
        row.iter().for_each(|token| counts[*token as usize] += 1.0);
    }
    counts
}

/// Mean bits of tokens in these proportions.
fn alone(counts: &[f64], tokens: &[f32]) -> f64 {
    let total: f64 = counts.iter().sum();
    let bits: f64 = tokens.iter().map(|token| -(counts[*token as usize] / total).log2()).sum();
    bits / tokens.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_of_even_proportions_cost_the_logarithm_of_their_number() {
        assert!((alone(&[5.0; 8], &[0.0, 3.0, 7.0]) - 3.0).abs() < 1e-12);
        assert!((alone(&[3.0, 1.0], &[0.0, 1.0]) - 0.5 * (2.0 + (4.0_f64 / 3.0).log2())).abs() < 1e-12);
    }
}
