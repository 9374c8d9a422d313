//! `β^α x^{α−1} e^{−βx}/Γ(α)`, feature by feature.

use burn::prelude::*;

use super::draws::{first_accepted, normals, part, uniforms};
use super::special::{digamma, gamma_cdf, gamma_slope, log_gamma};
use super::{Distribution, alike, spread};
use crate::random::Key;

/// Proposals for a draw: each is accepted with a probability above 0.95, so that all of them fail once in 10¹⁰.
const PROPOSALS: usize = 8;

/// Independent gamma variables.
#[derive(Clone, Debug)]
pub struct Gamma {
    /// `α`, `[1 | rows, features]`, above 0.
    pub concentration: Tensor<2>,
    /// `β`, `[1 | rows, features]`, above 0.
    pub rate: Tensor<2>,
}

impl Gamma {
    /// By concentration and rate.
    pub fn new(concentration: Tensor<2>, rate: Tensor<2>) -> Self {
        let [concentration, rate] = alike([concentration, rate]);
        Self { concentration, rate }
    }
}

/// Gamma variables of rate 1, `[rows, features]`, with the gradient of implicit reparametrisation.
pub(super) fn standard_gamma(concentration: Tensor<2>, key: Key, rows: usize) -> Tensor<2> {
    let concentration = spread(concentration, rows);
    let z = proposed(concentration.clone().detach(), key);
    let slope = gamma_slope(concentration.clone(), z.clone());
    z + (concentration.clone() - concentration.detach()) * slope
}

/// Marsaglia and Tsang 2000, <https://doi.org/10.1145/358407.358414>: the cube of a normal, accepted or not. Below 1, `α + 1` is drawn from and its
/// draw times `u^{1/α}` taken.
fn proposed(concentration: Tensor<2>, key: Key) -> Tensor<2> {
    let [rows, features] = concentration.dims();
    let small = concentration.clone().lower_elem(1.0);
    let raised = concentration.clone().mask_where(small.clone(), concentration.clone() + 1.0);
    let d = raised - 1.0 / 3.0;
    let c = (d.clone() * 9.0).sqrt().recip();
    let noise = normals(part(key, 0), [rows, PROPOSALS * features], &d);
    let level = uniforms(part(key, 1), [rows, PROPOSALS * features], &d).log();
    let proposals = (0..PROPOSALS).map(|i| {
        let at = |x: &Tensor<2>| x.clone().narrow(1, i * features, features);
        let n = at(&noise);
        let cube = (c.clone() * n.clone() + 1.0).powi_scalar(3);
        let positive = cube.clone().clamp_min(1e-30);
        let bound = n.square() * 0.5 + d.clone() * (1.0 - positive.clone() + positive.clone().log());
        let accepted = cube.greater_elem(0.0).bool_and(at(&level).lower(bound));
        (d.clone() * positive, accepted)
    });
    let z = first_accepted(proposals, d.clone());
    let boost = (uniforms(part(key, 2), [rows, features], &z).log() / concentration).exp();
    // What is too small for the precision is the smallest number rather than nothing, which has no logarithm.
    z.clone().mask_where(small, z * boost).clamp_min(1e-30)
}

impl Distribution for Gamma {
    fn rows(&self) -> usize {
        self.rate.dims()[0]
    }
    fn features(&self) -> usize {
        self.rate.dims()[1]
    }
    fn sample(&self, key: Key, rows: usize) -> Tensor<2> {
        standard_gamma(self.concentration.clone(), key, rows) / self.rate.clone()
    }
    fn log_prob(&self, x: Tensor<2>) -> Tensor<2> {
        let (a, b) = (self.concentration.clone(), self.rate.clone());
        a.clone() * b.clone().log() - log_gamma(a.clone()) + (a - 1.0) * x.clone().log() - b * x
    }
    fn mean(&self) -> Option<Tensor<2>> {
        Some(self.concentration.clone() / self.rate.clone())
    }
    fn variance(&self) -> Option<Tensor<2>> {
        Some(self.concentration.clone() / self.rate.clone().square())
    }
    fn entropy(&self) -> Option<Tensor<2>> {
        let a = self.concentration.clone();
        let shape = a.clone() + log_gamma(a.clone()) + (1.0 - a.clone()) * digamma(a);
        Some(shape - self.rate.clone().log())
    }
    fn cdf(&self, x: Tensor<2>) -> Option<Tensor<2>> {
        let x = x * self.rate.clone();
        Some(gamma_cdf(spread(self.concentration.clone(), x.dims()[0]), x))
    }
}
