//! What is measured of a model by itself, not of its samples: how probable it finds the test set, what its latents say of it, and how much
//! of its codebook it takes.

mod likelihood;
mod latents;
mod codes;

use burn::prelude::*;
use kiln::data::{Dataset, Labels, Split};
use kiln::error::unknown;
use kiln::metrics::MetricConfig;
use kiln::model::Model;

use super::{Bench, Findings, Measured};
use crate::failure::{Outcome, argument};
use crate::progress::Bar;

pub(super) use likelihood::method;

/// A measure of a model by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Own {
    /// Negative log-likelihood, in nats.
    Nll,
    /// The same in bits per dimension.
    Bpd,
    /// The evidence lower bound, in nats.
    Elbo,
    /// Numbers of a latent whose means vary.
    ActiveUnits,
    /// Divergence of the posteriors from the standard normal, in nats.
    Kl,
    /// The mutual information gap.
    Mig,
    /// Separated attribute predictability.
    Sap,
    /// Disentanglement, completeness and informativeness.
    Dci,
    /// FactorVAE's score.
    FactorVae,
    /// Share of the codebook that occurs.
    CodesUsed,
    /// Perplexity of the codes.
    Perplexity,
}

/// What of a model a measure is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Of {
    Likelihood,
    Latents,
    Codes,
}

impl Own {
    /// All of them by name.
    const ALL: [(&'static str, Self, Of); 11] = [
        ("nll", Self::Nll, Of::Likelihood),
        ("bpd", Self::Bpd, Of::Likelihood),
        ("elbo", Self::Elbo, Of::Likelihood),
        ("active_units", Self::ActiveUnits, Of::Latents),
        ("kl", Self::Kl, Of::Latents),
        ("mig", Self::Mig, Of::Latents),
        ("sap", Self::Sap, Of::Latents),
        ("dci", Self::Dci, Of::Latents),
        ("factor_vae", Self::FactorVae, Of::Latents),
        ("codes_used", Self::CodesUsed, Of::Codes),
        ("perplexity", Self::Perplexity, Of::Codes),
    ];

    /// Those that are named, and the other names, all of metrics of samples.
    pub(super) fn among(names: Vec<String>) -> Outcome<(Vec<Self>, Vec<String>)> {
        let (mut mine, mut others) = (Vec::new(), Vec::new());
        for name in names {
            match Self::named(&name)? {
                Some(own) => mine.push(own),
                None => others.push(name),
            }
        }
        Ok((mine, others))
    }

    /// The one called so, with hyphens or underscores; `None` where it is a metric of samples.
    fn named(text: &str) -> Outcome<Option<Self>> {
        let (name, fields) = text.split_once(':').unwrap_or((text, ""));
        let same = |(own, ..): &&(&str, Self, Of)| *own == name.replace('-', "_");
        match Self::ALL.iter().find(same) {
            Some(_) if !fields.is_empty() => Err(argument(format!(
                "--metric {text}: `{name}` has nothing to be set; leave `:{fields}` out"
            ))),
            Some((_, own, _)) => Ok(Some(*own)),
            None if text.starts_with('@') || MetricConfig::NAMES.contains(&name) => Ok(None),
            None => {
                let own = Self::ALL.iter().map(|(own, ..)| *own);
                let names: Vec<&str> = MetricConfig::NAMES.iter().copied().chain(own).collect();
                Err(unknown("metric", name, &names).into())
            }
        }
    }

    /// Whether its value hangs on a seed.
    pub(super) fn is_drawn(self) -> bool {
        self.of() == Of::Likelihood || self == Self::FactorVae
    }

    fn name(self) -> &'static str {
        self.row().0
    }

    fn of(self) -> Of {
        self.row().2
    }

    fn row(self) -> &'static (&'static str, Self, Of) {
        Self::ALL.iter().find(|(_, own, _)| *own == self).expect("the list should have all of them")
    }
}

impl Of {
    /// Refuses a model that has no such thing.
    fn check(self, model: &dyn Model, (own, name): (Own, &str)) -> Outcome {
        let (has, what, families) = match self {
            // Whoever judges says what is missing.
            Self::Likelihood => return Ok(()),
            Self::Latents => (model.latent().is_some(), "latents that are distributions", "vae"),
            Self::Codes => (model.codes().is_some(), "codebook", "vqvae, coded"),
        };
        if has {
            return Ok(());
        }
        let (own, family) = (own.name(), model.card().family);
        Err(argument(format!(
            "--metric {own}: {name} is of the family `{family}` and has no {what}; families that have: {families}"
        )))
    }
}

/// Measures all of them.
pub(super) fn measure(bench: &Bench, all: &[Own]) -> Outcome<Findings> {
    let named = |own: &Own| (*own, bench.loaded.name.as_str());
    all.iter().try_for_each(|own| own.of().check(&*bench.loaded.model, named(own)))?;
    let mut findings = Findings::default();
    for of in [Of::Likelihood, Of::Latents, Of::Codes] {
        let asked: Vec<Own> = all.iter().copied().filter(|own| own.of() == of).collect();
        if asked.is_empty() {
            continue;
        }
        let found = match of {
            Of::Likelihood => likelihood::measure(bench, &asked)?,
            Of::Latents => latents::measure(bench, &asked)?,
            Of::Codes => codes::measure(bench, &asked)?,
        };
        findings.counts = found.counts;
        findings.measured.extend(found.measured);
    }
    Ok(findings)
}

/// The test set, if it is of the model's shape.
fn open(bench: &Bench) -> Outcome<Box<dyn Dataset>> {
    let (test, card) = (bench.open(Split::Test)?, bench.loaded.model.card());
    if test.shape() != card.shape {
        return Err(argument(format!("the data are of {:?}, the model's of {:?}", test.shape(), card.shape)));
    }
    Ok(test)
}

/// Examples at a time, where nobody says.
const BATCH: usize = 500;

/// Shows the first `count` examples, a batch at a time: `[batch, features]`, with what is known of each.
fn read(
    bench: &Bench,
    (test, count): (&dyn Dataset, usize),
    mut see: impl FnMut(Tensor<2>, &[Labels]) -> Outcome,
) -> Outcome {
    let (size, features) = (bench.args.batch.unwrap_or(BATCH), bench.loaded.model.card().features());
    if size == 0 {
        return Err(argument("--batch: at least 1 example has to be read at a time, not 0"));
    }
    let bar = Bar::new("reading the test set", count.div_ceil(size) as u64, 0);
    for first in (0..count).step_by(size) {
        let rows = size.min(count - first);
        let mut x = vec![0.0; rows * features];
        let read = |(row, out)| test.read((first + row) as u64, out);
        let labels: Vec<Labels> = x.chunks_mut(features).enumerate().map(read).collect();
        see(Tensor::from_data(TensorData::new(x, [rows, features]), bench.device), &labels)?;
        bar.step();
    }
    Ok(())
}

#[cfg(test)]
mod tests;
