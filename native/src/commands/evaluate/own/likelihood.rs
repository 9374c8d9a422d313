//! What is measured of a model by itself, not of its samples: how probable it finds the test set.

use kiln::data::{Dataset, Split};
use kiln::likelihood::{Importance, LikelihoodConfig, Ode, Query, bits_per_dim};

use super::super::likelihood::{cells, default_method, exact, first};
use super::{Bench, Findings, Measured};
use crate::draw::batch;
use crate::failure::{Outcome, argument};
use crate::judge::judge;
use crate::progress::Bar;
use crate::spec::member;

/// Examples of the test set that are judged where nobody says.
const JUDGED: usize = 10_000;
/// The same of a model that has to walk.
const WALKED: usize = 1000;
/// Steps of such a walk: more change the likelihood of points by less than a hundredth of a nat.
const STEPS: usize = 25;

/// A measure of a model by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Own {
    /// Negative log-likelihood, in nats.
    Nll,
    /// The same in bits per dimension.
    Bpd,
    /// The evidence lower bound, in nats.
    Elbo,
}

impl Own {
    /// All of them by name.
    const ALL: [(&'static str, Self); 3] = [("nll", Self::Nll), ("bpd", Self::Bpd), ("elbo", Self::Elbo)];

    /// Those that are named, and the other names.
    pub(super) fn among(names: Vec<String>) -> (Vec<Self>, Vec<String>) {
        let own = |name: &String| Self::ALL.iter().find(|(own, _)| own == name).map(|(_, own)| *own);
        let (mine, others): (Vec<String>, Vec<String>) =
            names.into_iter().partition(|name| own(name).is_some());
        (mine.iter().filter_map(own).collect(), others)
    }
}

/// Measures all of them.
pub(super) fn measure(bench: &Bench, all: &[Own]) -> Outcome<Findings> {
    let test = bench.open(Split::Test)?;
    let card = bench.loaded.model.card();
    if test.shape() != card.shape {
        return Err(argument(format!("the data are of {:?}, the model's of {:?}", test.shape(), card.shape)));
    }
    let mut findings = Findings { counts: Vec::new(), measured: Vec::new() };
    for own in all {
        let (count, measured) = likelihood(bench, &*test, *own)?;
        findings.counts = vec![("examples", count)];
        findings.measured.push(measured);
    }
    Ok(findings)
}

/// The method by which one of them is found.
pub(super) fn method(bench: &Bench, own: Own) -> Outcome<LikelihoodConfig> {
    let card = bench.loaded.model.card();
    let method = member(default_method(card), LikelihoodConfig::named)?;
    match (own, method) {
        (Own::Elbo, LikelihoodConfig::Importance(_)) => {
            Ok(LikelihoodConfig::Importance(Importance { samples: 1 }))
        }
        (Own::Elbo, _) => Err(argument(format!(
            "--metric elbo: only a variational autoencoder has one, and this is a {}; take nll",
            card.family
        ))),
        (_, LikelihoodConfig::Ode(ode)) => Ok(LikelihoodConfig::Ode(Ode { steps: STEPS, ..ode })),
        (_, method) => Ok(method),
    }
}

fn likelihood(bench: &Bench, test: &dyn Dataset, own: Own) -> Outcome<(usize, Measured)> {
    let Some(model) = bench.loaded.model.likelihood() else {
        let family = bench.loaded.model.card().family;
        return Err(argument(format!("{}: a {family} has no likelihood", bench.loaded.name)));
    };
    let method = method(bench, own)?;
    let walks = matches!(method, LikelihoodConfig::Ode(_) | LikelihoodConfig::Bound(_));
    let examples = first(test, bench.args.count.unwrap_or(if walks { WALKED } else { JUDGED }));
    let (how, card) = (method.name(), bench.loaded.model.card());
    let query =
        Query { method: Some(method), seed: bench.seed(), cells: cells(&examples), ..Query::default() };
    let batch = bench.args.batch.unwrap_or_else(|| batch(card));
    let judged = judge(model, &examples, &query, (batch, bench.device), &Bar::new("judging", 0, 0))?;
    let nats = judged.mean().0;
    let (key, value, words) = match own {
        Own::Nll => ("nll", -nats, "negative log-likelihood in nats"),
        Own::Bpd => ("bpd", bits_per_dim(nats, card.features()), "bits per dimension"),
        Own::Elbo => ("elbo", nats, "evidence lower bound in nats"),
    };
    let known = exact(test, &examples).filter(|_| own == Own::Nll);
    let beside = known.map(|(mean, _)| ("data", "of the data's own density", -mean));
    let what = format!("{words} of {} test examples, by {how}", examples.size());
    Ok((examples.size(), Measured { key, what, value, beside }))
}
