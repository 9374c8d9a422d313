//! Separated attribute predictability: how much better one number of a code predicts a factor than the next best.
//!
//! ```text
//! SAP = 1/K Σ_k (S_1st,k − S_2nd,k)
//! ```
//!
//! Kumar et al. 2018, <https://arxiv.org/abs/1711.00848>, section 3. `S` of a number is the share of its variance that a line explains; of a
//! class it is the balanced accuracy of thresholds on the code, half-way between the means of neighbouring classes.

use super::{Codes, Factor, gap, mean, variance};

/// The score, from 0 to 1; NaN where no factor varies.
pub fn separated_attributes(codes: &Codes) -> f64 {
    let of_factor = |factor: &Factor| gap(codes.latents.iter().map(|latent| predicted(latent, factor)));
    let gaps: Vec<f64> = codes.varied().map(of_factor).collect();
    mean(&gaps)
}

fn predicted(latent: &[f64], factor: &Factor) -> f64 {
    if factor.is_class { separated(latent, &factor.bins) } else { explained(latent, &factor.values) }
}

/// The square of the correlation.
fn explained(a: &[f64], b: &[f64]) -> f64 {
    let (at, bt) = (mean(a), mean(b));
    let together: Vec<f64> = a.iter().zip(b).map(|(a, b)| (a - at) * (b - bt)).collect();
    let alone = variance(a) * variance(b);
    if alone > 0.0 { mean(&together).powi(2) / alone } else { 0.0 }
}

/// The mean over classes of the share that lies nearest to its own class's mean.
fn separated(latent: &[f64], classes: &[usize]) -> f64 {
    let count = classes.iter().max().map_or(0, |last| last + 1);
    let of =
        |class: usize| latent.iter().zip(classes).filter(move |(_, other)| **other == class).map(|(z, _)| *z);
    let means: Vec<(usize, f64)> = (0..count)
        .filter(|class| of(*class).next().is_some())
        .map(|class| (class, mean(&of(class).collect::<Vec<_>>())))
        .collect();
    let nearest = |z: f64| {
        let away = |at: &(usize, f64)| (z - at.1).abs();
        means.iter().min_by(|a, b| away(a).total_cmp(&away(b))).map(|(class, _)| *class)
    };
    let share = |class: usize| {
        let right: Vec<f64> = of(class).map(|z| f64::from(u8::from(nearest(z) == Some(class)))).collect();
        mean(&right)
    };
    let shares: Vec<f64> = means.iter().map(|(class, _)| share(*class)).collect();
    mean(&shares)
}
