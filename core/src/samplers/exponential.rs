//! Exponential integrators in `λ = ln(α/σ)`: what a step is made of.
//!
//! ```text
//! x' = c x + Σ_i c_i m_i + s n,   Σ_i c_i u_iᵏ = k! w_{k+1},   u_i = (λ_i − λ)/h,   h = λ' − λ
//! m the data:    c = e^{−τ²h} σ'/σ,   w_k = −α' z φ_k(z),   z = −(1 + τ²) h,   s = σ' sqrt(1 − e^{−2τ²h})
//! m the noise:   c = α'/α,   w_k = −(1 + τ²) σ' z φ_k(z),   z = h,             s = τ σ' sqrt(e^{2h} − 1)
//! φ_k(z) = ∫_0^1 e^{(1−s)z} s^{k−1}/(k−1)! ds
//! ```
//!
//! Of the noise, `x` is put in as `α D + σ m`: `x' = α' D + (σ' e^h + c_0) m + …`. So nothing is subtracted from `x`, which at `α = 0` is all
//! noise, and as the `c_i` add up to `w_1`, the weights of all `m` add up to `σ' e^h + w_1`, which is `σ'` where `τ = 0`.
//!
//! The linear part of the equation is solved exactly; the predictions `m` are interpolated in `λ`, and their polynomial is integrated
//! against the exponential: Hochbruck and Ostermann 2010, section 2, <https://doi.org/10.1017/S0962492910000048>; in `λ`, Lu et al.
//! 2022, <https://arxiv.org/abs/2206.00927>; with noise at the rate `τ`, Xue et al. 2023, <https://arxiv.org/abs/2309.05019>.

use std::collections::VecDeque;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Level, Term, Vector, Walk, combine};
use crate::{Error, Result};

/// What is interpolated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Predicts {
    /// The clean data, `D(x)`: steadier under guidance.
    #[default]
    Data,
    /// The noise, `(x − α D)/σ`.
    Noise,
}

impl Predicts {
    /// `m` at `x`, and what a step from there carries: `x`, or of the noise `D`.
    pub(super) fn of(self, walk: &Walk, x: Vector, at: Level) -> (Vector, Vector) {
        let denoised = walk.denoise(&x, at);
        match self {
            Self::Data => (denoised, x),
            Self::Noise => (walk.epsilon(x, denoised.clone(), at), denoised),
        }
    }

    /// What a step carries from the `x` of those terms, at whose level `m` is the prediction: `x`, or `D = (x − σ m)/α`.
    pub(super) fn carried(self, mut terms: Vec<Term>, m: &Vector, at: Level) -> Vector {
        if self == Self::Noise {
            terms.push((-at.sigma, m.clone()));
            terms.iter_mut().for_each(|(weight, _)| *weight /= at.alpha);
        }
        combine(terms)
    }

    /// The step between two levels, with noise at the rate `τ`, of which `tau2` is the square.
    pub(super) fn step(self, from: Level, to: Level, tau2: f64) -> Exponential {
        match self {
            Self::Data => Exponential::of_data(from, to, tau2),
            Self::Noise => Exponential::of_noise(from, to, tau2),
        }
    }
}

/// The coefficients of a step.
#[derive(Clone, Copy, Debug)]
pub(super) struct Exponential {
    /// Of what is carried: `c` of `x`, or `α'` of `D`.
    carry: f64,
    /// What the weights of all predictions add up to: `w_1`, or `σ' e^h + w_1`.
    whole: f64,
    /// `w_1` to `w_4`.
    pub(super) weights: [f64; 4],
    /// What `w_1` is for small `h`: `(1 + τ²) α' h`, or `−(1 + τ²) σ' h`.
    pub(super) linear: f64,
    /// `s`, of fresh noise.
    pub(super) fresh: f64,
}

impl Exponential {
    /// A step of the data prediction. Into data it is `x' = α' D`.
    fn of_data(from: Level, to: Level, tau2: f64) -> Self {
        let h = to.log_snr() - from.log_snr();
        let decay = if tau2 > 0.0 { tau2 * h } else { 0.0 };
        let z = -(h + decay);
        let weights = z_phi(z).map(|value| -to.alpha * value);
        Self {
            carry: (-decay).exp() * to.sigma / from.sigma,
            whole: weights[0],
            weights,
            linear: -to.alpha * z,
            fresh: to.sigma * (-(-2.0 * decay).exp_m1()).sqrt(),
        }
    }

    /// A step of the noise prediction. Into data there is no noise to add.
    fn of_noise(from: Level, to: Level, tau2: f64) -> Self {
        let carry = to.alpha;
        if to.sigma == 0.0 {
            // σ' e^h is α' σ/α, though h is infinite.
            let weights = [-to.alpha * from.ratio(), 0.0, 0.0, 0.0];
            return Self { carry, whole: 0.0, weights, linear: weights[0], fresh: 0.0 };
        }
        let h = to.log_snr() - from.log_snr();
        let scale = -(1.0 + tau2) * to.sigma;
        let fresh = to.sigma * (tau2 * (2.0 * h).exp_m1()).sqrt();
        let whole = to.sigma * (1.0 - tau2 * h.exp_m1());
        Self { carry, whole, weights: z_phi(h).map(|value| scale * value), linear: scale * h, fresh }
    }

    /// `k! w_{k+1}` for `k < order`: the integrals of `uᵏ`.
    pub(super) fn moments(&self, order: usize) -> Vec<f64> {
        let exact = [1.0, 1.0, 2.0, 6.0].iter().zip(&self.weights).map(|(factorial, w)| factorial * w);
        exact.take(order).collect()
    }

    /// The terms of the step: what is carried, and predictions by their weights. That of the prediction with which it was carried, the
    /// `own`-th, is what the others leave of the whole.
    pub(super) fn terms<'a>(
        &self,
        carried: Vector,
        mut weights: Vec<f64>,
        own: usize,
        predictions: impl IntoIterator<Item = &'a Vector>,
    ) -> Vec<Term> {
        weights[own] = 0.0;
        weights[own] = self.whole - weights.iter().sum::<f64>();
        let predictions = weights.into_iter().zip(predictions).map(|(weight, m)| (weight, m.clone()));
        [(self.carry, carried)].into_iter().chain(predictions).collect()
    }
}

/// `z φ_k(z)` for `k` from 1 to 4, to full precision for every `z` up to `−∞`.
pub(super) fn z_phi(z: f64) -> [f64; 4] {
    let first = z.exp_m1();
    if z.abs() < 1.0 {
        // The recurrence downwards from a series: φ_k = z φ_{k+1} + 1/k!, which upwards would cancel.
        let phi4 = (5..22).rev().fold(1.0, |sum, j| 1.0 + sum * z / f64::from(j)) / 24.0;
        let phi3 = z * phi4 + 1.0 / 6.0;
        let phi2 = z * phi3 + 0.5;
        [first, z * phi2, z * phi3, z * phi4]
    } else {
        let second = first / z - 1.0;
        let third = second / z - 0.5;
        [first, second, third, third / z - 1.0 / 6.0]
    }
}

/// The weights `c_i` by which values at `nodes` integrate every polynomial of lower degree than there are nodes, given the integrals of
/// `uᵏ`.
pub(super) fn quadrature(nodes: &[f64], moments: &[f64]) -> Vec<f64> {
    let others = |i: usize| nodes.iter().enumerate().filter(move |(j, _)| *j != i).map(|(_, node)| *node);
    let weight = |i: usize| {
        let lagrange =
            others(i).fold(vec![1.0], |polynomial, node| times(&polynomial, node, nodes[i] - node));
        lagrange.iter().zip(moments).map(|(coefficient, moment)| coefficient * moment).sum()
    };
    (0..nodes.len()).map(weight).collect()
}

/// A polynomial, coefficients rising, times `(u − root)/scale`.
fn times(polynomial: &[f64], root: f64, scale: f64) -> Vec<f64> {
    let at = |k: usize| polynomial.get(k).copied().unwrap_or(0.0);
    let below = |k: usize| if k == 0 { 0.0 } else { at(k - 1) };
    (0..=polynomial.len()).map(|k| (below(k) - root * at(k)) / scale).collect()
}

/// The latest predictions, newest first, and the `λ` of each.
#[derive(Debug, Default)]
pub(super) struct History(VecDeque<(f64, Vector)>);

impl History {
    pub(super) fn push(&mut self, at: Level, prediction: Vector) {
        self.0.push_front((at.log_snr(), prediction));
    }

    /// Forgets all but the newest `count`.
    pub(super) fn keep(&mut self, count: usize) {
        self.0.truncate(count);
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// `u_i` of the newest `count`, for the step between two levels.
    pub(super) fn nodes(&self, from: Level, to: Level, count: usize) -> Vec<f64> {
        let h = to.log_snr() - from.log_snr();
        self.0.iter().take(count).map(|(lambda, _)| (lambda - from.log_snr()) / h).collect()
    }

    pub(super) fn predictions(&self) -> impl Iterator<Item = &Vector> {
        self.0.iter().map(|(_, prediction)| prediction)
    }

    /// The step from a prediction that is not among these yet, and from what was carried with it, with as many predictions as there are
    /// moments: the weight of that prediction, and the other terms of the sum.
    pub(super) fn advance(
        &self,
        carried: Vector,
        [from, to]: [Level; 2],
        step: &Exponential,
        moments: &[f64],
    ) -> (f64, Vec<Term>) {
        // One alone needs no node, which into data would be 0/∞; nor does a step that leads nowhere.
        let before = if from.log_snr() == to.log_snr() { 0 } else { moments.len() - 1 };
        let weights = match before {
            0 => vec![moments[0]],
            _ => quadrature(&[vec![0.0], self.nodes(from, to, before)].concat(), moments),
        };
        let others = weights[1..].iter().copied();
        let own = step.whole - others.clone().sum::<f64>();
        let predictions = others.zip(self.predictions().cloned());
        (own, std::iter::once((step.carry, carried)).chain(predictions).collect())
    }
}

/// Refuses an order that is not in `least..=most`.
pub(super) fn has_order(name: &str, order: usize, [least, most]: [usize; 2]) -> Result<()> {
    if (least..=most).contains(&order) {
        return Ok(());
    }
    let there: Vec<String> = (least..=most).map(|order| order.to_string()).collect();
    Err(Error::config(name, format!("there are {}; this is {order}", there.join(", "))))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Simpson's rule on the definition.
    fn integral(k: i32, z: f64) -> f64 {
        let f = |s: f64| ((1.0 - s) * z).exp() * s.powi(k - 1) / f64::from((1..k).product::<i32>());
        let n = 4000;
        let h = 1.0 / f64::from(n);
        let inner = |i: i32| f(f64::from(i) * h) * if i % 2 == 1 { 4.0 } else { 2.0 };
        h / 3.0 * (f(0.0) + f(1.0) + (1..n).map(inner).sum::<f64>())
    }

    #[test]
    fn the_phi_functions_are_their_integrals() {
        for z in [-20.0, -3.0, -1.0, -0.999, -0.1, -1e-6, 1e-9, 0.3, 0.999, 1.0, 5.0] {
            for (k, value) in (1..).zip(z_phi(z)) {
                let exact = z * integral(k, z);
                assert!((value / exact - 1.0).abs() < 1e-10, "k {k}, z {z}: {value} {exact}");
            }
        }
        assert_eq!(z_phi(f64::NEG_INFINITY)[..3], [-1.0, -1.0, -0.5]);
    }

    /// Where the upward recurrence would lose every digit: `z φ_4(z) → z/24`.
    #[test]
    fn small_steps_keep_their_digits() {
        for z in [1e-3_f64, -1e-3, 1e-8, -1e-8] {
            let series = z / 24.0 + z * z / 120.0 + z * z * z / 720.0 + z.powi(4) / 5040.0;
            assert!((z_phi(z)[3] / series - 1.0).abs() < 1e-13, "{z}");
        }
    }

    #[test]
    fn quadrature_integrates_polynomials_through_its_nodes() {
        let nodes = [0.0, -0.7, -1.9, 1.0];
        let moments = [0.3, -1.1, 2.5, 0.7];
        for order in 1..=4 {
            let weights = quadrature(&nodes[..order], &moments[..order]);
            for (k, moment) in moments.iter().take(order).enumerate() {
                let sum: f64 = weights.iter().zip(nodes).map(|(w, u)| w * u.powi(k as i32)).sum();
                assert!((sum - moment).abs() < 1e-13, "order {order}, k {k}: {sum} {moment}");
            }
        }
    }
}
