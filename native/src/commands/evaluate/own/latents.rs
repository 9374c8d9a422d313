//! What the latents of a model say of the test set: how many of their numbers are in use, how far they are from the standard normal, and
//! what they know of the factors that examples are made from.

use burn::prelude::*;
use kiln::data::{Dataset, Labels, WITH_FACTORS};
use kiln::latents::{ACTIVE, activity};
use kiln::metrics::disentanglement::{
    Codes, dci, factor_vae_score, mutual_information_gap, separated_attributes,
};
use kiln::nn::one_hot;
use kiln::{Error, weights};
use pollster::block_on;

use super::{Bench, Findings, Measured, Own, read};
use crate::failure::{Outcome, argument};

/// What the encoder says of examples, and what is known of these.
struct Seen {
    rows: usize,
    /// The means of the latents, a row an example.
    means: Tensor<2>,
    /// Divergence of each number from the standard normal, in nats, summed over the examples.
    divergences: Vec<f64>,
    /// The factors, a row an example, and their names.
    factors: Vec<f32>,
    names: Vec<&'static str>,
}

pub(super) fn measure(bench: &Bench, all: &[Own]) -> Outcome<Findings> {
    let test = super::open(bench)?;
    check(bench, &*test, all)?;
    let seen = Seen::of(bench, &*test)?;
    let mut measured = Vec::new();
    for own in all {
        match own {
            Own::ActiveUnits => measured.push(seen.active()?),
            Own::Kl => measured.push(seen.divergence()),
            _ => measured.extend(seen.disentangled(*own, bench.seed())?),
        }
    }
    if let Some(lost) = measured.iter().find(|measured| !measured.value.is_finite()) {
        let (key, rows) = (lost.key, seen.rows);
        return Err(Error::NotFinite(format!(
            "--metric {key}: it is not finite over {rows} test examples; the latents' means do not vary, or are not finite themselves"
        ))
        .into());
    }
    Ok(Findings { counts: vec![("examples", seen.rows)], measured })
}

/// Refuses data of which the model or a measure knows too little, before they are read.
fn check(bench: &Bench, test: &dyn Dataset, all: &[Own]) -> Outcome {
    let (known, learnt) = (test.classes().len(), bench.loaded.model.card().classes.len());
    if learnt > 0 && known != learnt {
        return Err(argument(format!(
            "the data have {known} classes, the model {learnt}: it was trained on others"
        )));
    }
    let of_factors = |own: &&Own| !matches!(own, Own::ActiveUnits | Own::Kl);
    match all.iter().find(of_factors).filter(|_| test.factors().is_empty()) {
        None => Ok(()),
        Some(own) => Err(argument(format!(
            "--metric {}: the data `{}` do not say which factors their examples are made from; datasets that do: {}",
            own.name(),
            bench.data.name(),
            WITH_FACTORS.join(", ")
        ))),
    }
}

impl Seen {
    fn of(bench: &Bench, test: &dyn Dataset) -> Outcome<Self> {
        let (model, rows) = (&*bench.loaded.model, bench.judged(test));
        let (space, classes) = (model.latent().expect("it was asked before"), model.card().classes.len());
        let (mut means, mut divergences, mut factors) = (Vec::new(), Vec::new(), Vec::new());
        read(bench, (test, rows), |x, labels| {
            let posterior = space.posterior(x, told(labels, classes, bench.device));
            let sums = block_on(weights::read(posterior.divergences().sum_dim(0)))?;
            divergences.resize(sums.len(), 0.0);
            divergences.iter_mut().zip(sums).for_each(|(all, sum)| *all += f64::from(sum));
            means.push(posterior.mean);
            factors.extend(labels.iter().flat_map(|labels| test.factors_of(labels)));
            Ok(())
        })?;
        Ok(Self { rows, means: Tensor::cat(means, 0), divergences, factors, names: test.factors() })
    }

    /// Numbers of a latent.
    fn width(&self) -> usize {
        self.divergences.len()
    }

    fn active(&self) -> Outcome<Measured> {
        let spread = block_on(weights::read(activity(self.means.clone())))?;
        let active = spread.iter().filter(|variance| f64::from(**variance) > ACTIVE).count();
        let rows = self.rows;
        Ok(Measured {
            key: "active_units",
            what: format!(
                "numbers of a latent whose mean varies by more than {ACTIVE} over {rows} test examples"
            ),
            value: active as f64,
            beside: Some(("latents", "of", self.width() as f64)),
        })
    }

    fn divergence(&self) -> Measured {
        let of_each: Vec<f64> = self.divergences.iter().map(|sum| sum / self.rows as f64).collect();
        let mut order: Vec<usize> = (0..of_each.len()).collect();
        order.sort_by(|a, b| of_each[*a].total_cmp(&of_each[*b]));
        let said = |at: Option<&usize>| {
            at.map_or_else(String::new, |at| format!("{:.4} (number {at})", of_each[*at]))
        };
        let (low, high) = (said(order.first()), said(order.last()));
        Measured {
            key: "kl",
            what: format!(
                "divergence from the standard normal in nats, mean of {} test examples; of a number {low} to {high}",
                self.rows
            ),
            value: of_each.iter().sum(),
            beside: None,
        }
    }

    fn disentangled(&self, own: Own, seed: u64) -> Outcome<Vec<Measured>> {
        let (means, names) = (block_on(weights::read(self.means.clone()))?, self.names.join(", "));
        let codes = Codes::new(&means, self.width(), &self.factors, self.names.len())?;
        if codes.factors() == 0 {
            return Err(argument(format!(
                "--metric {}: of the factors {names} none varies among {} examples; take more with -n",
                own.name(),
                self.rows
            )));
        }
        let score = |key, words: &str, value| {
            let what = format!("{words} of {} test examples, factors {names}", self.rows);
            Measured { key, what, value, beside: None }
        };
        Ok(match own {
            Own::Mig => vec![score("mig", "mutual information gap", mutual_information_gap(&codes))],
            Own::Sap => vec![score("sap", "separated attributes", separated_attributes(&codes))],
            Own::Dci => {
                let found = dci(&codes);
                vec![
                    score("dci_disentanglement", "disentanglement (DCI)", found.disentanglement),
                    score("dci_completeness", "completeness (DCI)", found.completeness),
                    score("dci_informativeness", "informativeness (DCI)", found.informativeness),
                ]
            }
            _ => {
                let found = score("factor_vae", "FactorVAE's score", factor_vae_score(&codes, seed));
                let chance = Some(("chance", "by chance", 1.0 / codes.factors() as f64));
                vec![Measured { beside: chance, ..found }]
            }
        })
    }
}

/// The classes of examples, for a model that is told some.
fn told(labels: &[Labels], classes: usize, device: &Device) -> Option<Tensor<2>> {
    let rows: Vec<Option<u32>> = labels.iter().map(|labels| labels.class).collect();
    (classes > 0).then(|| one_hot(&rows, classes, device))
}
