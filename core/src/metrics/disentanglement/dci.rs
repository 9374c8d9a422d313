//! Disentanglement, completeness and informativeness, by linear regression with few weights.
//!
//! ```text
//! R_ij = |weight of number i for factor j|
//! D = Σ_i ρ_i (1 − H_K(R_i· / Σ R_i·)),   ρ_i = Σ_j R_ij / Σ R        C = mean over j of (1 − H_D(R_·j / Σ R_·j))
//! I = mean over j of the variance that is explained, of examples that the regression has not seen
//! ```
//!
//! Eastwood and Williams 2018, <https://openreview.net/forum?id=By-7dz-AZ>, with their Lasso: the first half of the examples is learnt from,
//! the second judges. Codes and factors are scaled to variance 1; a class is as many factors of 0 and 1 as it has values, which share one row
//! of weights. Lasso sees straight relations alone.

use super::{Codes, Factor, mean, variance};

/// What is found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dci {
    /// How far each number stands for one factor.
    pub disentanglement: f64,
    /// How far each factor is told by one number.
    pub completeness: f64,
    /// How much of the factors is told at all.
    pub informativeness: f64,
}

/// Weight of the absolute values, where all variances are 1.
const PENALTY: f64 = 0.05;
/// Rounds over the weights at most, and the change below which they are done.
const ROUNDS: usize = 1000;
const DONE: f64 = 1e-8;

/// The three scores, each 1 at most; NaN where no factor varies.
pub fn dci(codes: &Codes) -> Dci {
    let half = codes.latents[0].len() / 2;
    let latents: Vec<Vec<f64>> = codes.latents.iter().map(|latent| scaled(latent)).collect();
    let mut weights = Vec::new(); // [factor][latent]
    let mut told = Vec::new();
    for factor in codes.varied() {
        let targets = targets(factor);
        let mut all = vec![0.0; latents.len()];
        let mut shares = Vec::new();
        for target in &targets {
            let found = lasso(&latents, target, half);
            all.iter_mut().zip(&found).for_each(|(sum, weight)| *sum += weight.abs());
            shares.push(explained(&latents, target, &found, half));
        }
        weights.push(all);
        told.push(mean(&shares));
    }
    let of_latent: Vec<Vec<f64>> =
        (0..latents.len()).map(|i| weights.iter().map(|factor| factor[i]).collect()).collect();
    let total: f64 = weights.iter().flatten().sum();
    // Where no number has a weight, none stands for anything.
    let none = total == 0.0 && !weights.is_empty();
    let share = |row: &[f64]| if none { 0.0 } else { row.iter().sum::<f64>() / total };
    let disentanglement = of_latent.iter().map(|row| share(row) * concentration(row)).sum();
    let completeness: Vec<f64> = weights.iter().map(|column| concentration(column)).collect();
    Dci { disentanglement, completeness: mean(&completeness), informativeness: mean(&told) }
}

/// To mean 0 and variance 1; what does not vary is 0.
fn scaled(values: &[f64]) -> Vec<f64> {
    let (centre, std) = (mean(values), variance(values).sqrt());
    let one = |value: &f64| if std > 0.0 { (value - centre) / std } else { 0.0 };
    values.iter().map(one).collect()
}

fn targets(factor: &Factor) -> Vec<Vec<f64>> {
    if !factor.is_class {
        return vec![scaled(&factor.values)];
    }
    let count = factor.bins.iter().max().map_or(0, |last| last + 1);
    let is = |class: usize| -> Vec<f64> {
        factor.bins.iter().map(|bin| f64::from(u8::from(*bin == class))).collect()
    };
    (0..count).map(is).filter(|target| variance(target) > 0.0).map(|target| scaled(&target)).collect()
}

/// `argmin 1/(2n) ‖y − Z w‖² + α ‖w‖₁` over the first `n` examples, by coordinate descent (Friedman et al. 2010,
/// <https://doi.org/10.18637/jss.v033.i01>).
fn lasso(latents: &[Vec<f64>], target: &[f64], n: usize) -> Vec<f64> {
    let product =
        |a: &[f64], b: &[f64]| a[..n].iter().zip(&b[..n]).map(|(a, b)| a * b).sum::<f64>() / n as f64;
    let gram: Vec<Vec<f64>> =
        latents.iter().map(|a| latents.iter().map(|b| product(a, b)).collect()).collect();
    let along: Vec<f64> = latents.iter().map(|a| product(a, target)).collect();
    let mut weights = vec![0.0; latents.len()];
    for _ in 0..ROUNDS {
        let mut change = 0.0_f64;
        for i in 0..weights.len() {
            if gram[i][i] == 0.0 {
                continue;
            }
            let others: f64 =
                gram[i].iter().zip(&weights).map(|(g, w)| g * w).sum::<f64>() - gram[i][i] * weights[i];
            let pull = along[i] - others;
            let next = pull.signum() * (pull.abs() - PENALTY).max(0.0) / gram[i][i];
            change = change.max((next - weights[i]).abs());
            weights[i] = next;
        }
        if change < DONE {
            break;
        }
    }
    weights
}

/// The share of the target's variance that is explained, of the examples from `from` on; 0 at least.
fn explained(latents: &[Vec<f64>], target: &[f64], weights: &[f64], from: usize) -> f64 {
    let said =
        |row: usize| latents.iter().zip(weights).map(|(latent, weight)| latent[row] * weight).sum::<f64>();
    let left: Vec<f64> = (from..target.len()).map(|row| (target[row] - said(row)).powi(2)).collect();
    let whole = variance(&target[from..]);
    if whole > 0.0 { (1.0 - mean(&left) / whole).max(0.0) } else { 0.0 }
}

/// `1 − H(p)/ln n` of weights as shares: 1 where one has all, 0 where all are equal or there are none.
fn concentration(weights: &[f64]) -> f64 {
    let total: f64 = weights.iter().sum();
    if total == 0.0 {
        return 0.0;
    }
    if weights.len() == 1 {
        return 1.0;
    }
    let shares = weights.iter().map(|weight| weight / total).filter(|share| *share > 0.0);
    1.0 + shares.map(|share| share * libm::log(share)).sum::<f64>() / libm::log(weights.len() as f64)
}
