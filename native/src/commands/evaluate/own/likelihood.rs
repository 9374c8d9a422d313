//! How probable a model finds the test set.

use kiln::data::Dataset;
use kiln::likelihood::{Exact, Importance, Likelihood, LikelihoodConfig, Ode, Query, bits_per_dim};

use super::super::super::likelihood::{cells, default_method, exact, first};
use super::{Bench, Findings, Measured, Own};
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
/// Points of a flow in the cells of an example of discrete data.
const DRAWS: usize = 16;

pub(super) fn measure(bench: &Bench, all: &[Own]) -> Outcome<Findings> {
    let Some(model) = bench.loaded.model.likelihood() else {
        let family = bench.loaded.model.card().family;
        return Err(argument(format!("{}: a {family} has no likelihood", bench.loaded.name)));
    };
    let test = super::open(bench)?;
    let mut findings = Findings::default();
    for own in all {
        let (count, measured) = likelihood(bench, (model, &*test), *own)?;
        findings.counts = vec![("examples", count)];
        findings.measured.push(measured);
    }
    Ok(findings)
}

/// The method by which one of them is found.
pub(in crate::commands::evaluate) fn method(bench: &Bench, own: Own) -> Outcome<LikelihoodConfig> {
    let card = bench.loaded.model.card();
    let method = member(default_method(card), LikelihoodConfig::named)?;
    match (own, method) {
        (Own::Elbo, LikelihoodConfig::Importance(_)) => {
            Ok(LikelihoodConfig::Importance(Importance { samples: 1 }))
        }
        (Own::Elbo, LikelihoodConfig::Exact(_)) if card.family == "flow" => {
            Ok(LikelihoodConfig::Exact(Exact { draws: 1 }))
        }
        (Own::Elbo, _) => Err(argument(format!(
            "--metric elbo: variational autoencoders and flows have one, and this is a {}; take nll",
            card.family
        ))),
        (_, LikelihoodConfig::Exact(_)) if card.family == "flow" => {
            Ok(LikelihoodConfig::Exact(Exact { draws: DRAWS }))
        }
        (_, LikelihoodConfig::Ode(ode)) => Ok(LikelihoodConfig::Ode(Ode { steps: STEPS, ..ode })),
        (_, method) => Ok(method),
    }
}

fn likelihood(
    bench: &Bench,
    (model, test): (&dyn Likelihood, &dyn Dataset),
    own: Own,
) -> Outcome<(usize, Measured)> {
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
        Own::Bpd => ("bpd", bits_per_dim(nats, card.features()), "bits per dimension"),
        Own::Elbo => ("elbo", nats, "evidence lower bound in nats"),
        _ => ("nll", -nats, "negative log-likelihood in nats"),
    };
    let known = exact(test, &examples).filter(|_| own == Own::Nll);
    let beside = known.map(|(mean, _)| ("data", "of the data's own density", -mean));
    let what = format!("{words} of {} test examples, by {how}", examples.size());
    Ok((examples.size(), Measured { key, what, value, beside }))
}
