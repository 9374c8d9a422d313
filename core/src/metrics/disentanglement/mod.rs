//! Disentanglement: whether each number of a latent stands for one factor of the data, and each factor is told by one number.
//!
//! All are 1 for codes that are the factors, and about 0 for codes that know nothing of them. None knows factors by itself: they are of
//! data that were made from them. A factor of at most [`CLASSES`] values is a class; others are numbers, and are cut into as many bins of
//! one width where a score counts.

mod mig;
mod sap;
mod dci;
mod factor_vae;

pub use dci::{Dci, dci};
pub use factor_vae::factor_vae_score;
pub use mig::mutual_information_gap;
pub use sap::separated_attributes;

use crate::{Error, Result};

/// Values that a class has at most, and bins of what is not one (Locatello et al. 2019, <https://arxiv.org/abs/1811.12359>, Appendix C).
pub const CLASSES: usize = 20;

/// The codes of examples beside the factors that these were made from, column by column.
#[derive(Clone, Debug)]
pub struct Codes {
    latents: Vec<Vec<f64>>,
    factors: Vec<Factor>,
}

/// A factor of the data.
#[derive(Clone, Debug)]
struct Factor {
    values: Vec<f64>,
    /// Which class or bin each is of.
    bins: Vec<usize>,
    is_class: bool,
}

impl Codes {
    /// Rows of `latents` numbers beside rows of `factors` numbers, an example a row.
    pub fn new(codes: &[f32], latents: usize, values: &[f32], factors: usize) -> Result<Self> {
        let refused = |message: String| Err(Error::argument(format!("disentanglement: {message}")));
        if latents == 0 || factors == 0 {
            return refused("wanted 1 or more numbers of a code and factors".into());
        }
        let rows = codes.len() / latents;
        if rows < 2 || codes.len() != rows * latents || values.len() != rows * factors {
            return refused(format!(
                "wanted as many rows of both, 2 or more; these are {} numbers of codes, {latents} a row, and {} of factors, {factors} a row",
                codes.len(),
                values.len()
            ));
        }
        if codes.iter().chain(values).any(|value| !value.is_finite()) {
            return refused("codes or factors are not finite".into());
        }
        let column = |values: &[f32], width: usize, at: usize| -> Vec<f64> {
            values.iter().skip(at).step_by(width).map(|value| f64::from(*value)).collect()
        };
        Ok(Self {
            latents: (0..latents).map(|at| column(codes, latents, at)).collect(),
            factors: (0..factors).map(|at| Factor::new(column(values, factors, at))).collect(),
        })
    }

    /// How many factors have more than one value.
    pub fn factors(&self) -> usize {
        self.varied().count()
    }

    /// Factors of more than one value: of the others nothing can be told.
    fn varied(&self) -> impl Iterator<Item = &Factor> {
        self.factors.iter().filter(|factor| factor.bins.iter().any(|bin| *bin != factor.bins[0]))
    }
}

impl Factor {
    fn new(values: Vec<f64>) -> Self {
        let mut distinct = values.clone();
        distinct.sort_by(f64::total_cmp);
        distinct.dedup();
        let is_class = distinct.len() <= CLASSES;
        let place = |value: &f64| distinct.partition_point(|other| other < value);
        let bins = if is_class { values.iter().map(place).collect() } else { binned(&values) };
        Self { values, bins, is_class }
    }
}

/// In which of [`CLASSES`] bins of one width each value lies.
fn binned(values: &[f64]) -> Vec<usize> {
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let width = (high - low) / CLASSES as f64;
    let bin = |value: &f64| if width > 0.0 { ((value - low) / width) as usize } else { 0 };
    values.iter().map(|value| bin(value).min(CLASSES - 1)).collect()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn variance(values: &[f64]) -> f64 {
    let centre = mean(values);
    values.iter().map(|value| (value - centre).powi(2)).sum::<f64>() / values.len() as f64
}

/// The largest less the second, of scores that are 0 or more.
fn gap(scores: impl Iterator<Item = f64>) -> f64 {
    let [first, second] =
        scores.fold(
            [0.0_f64; 2],
            |[first, second], score| {
                if score > first { [score, first] } else { [first, second.max(score)] }
            },
        );
    first - second
}

#[cfg(test)]
mod tests;
