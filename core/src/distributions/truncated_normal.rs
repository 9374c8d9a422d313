//! A normal that is known to lie between two bounds, feature by feature.

use std::f64::consts::{E, PI};

use burn::prelude::*;

use super::draws::uniforms;
use super::special::{log_1m_exp, log_normal_cdf, normal_cdf, normal_quantile};
use super::{Distribution, Normal, alike};
use crate::random::Key;

/// Independent truncated normals.
#[derive(Clone, Debug)]
pub struct TruncatedNormal {
    /// The normal before it was truncated.
    pub normal: Normal,
    /// The lower bound, `[1 | rows, features]`, finite.
    pub low: Tensor<2>,
    /// The upper bound, `[1 | rows, features]`, finite and above the lower.
    pub high: Tensor<2>,
}

impl TruncatedNormal {
    /// The normal of these parameters, between these bounds.
    pub fn new(mean: Tensor<2>, deviation: Tensor<2>, low: Tensor<2>, high: Tensor<2>) -> Self {
        let [mean, deviation, low, high] = alike([mean, deviation, low, high]);
        Self { normal: Normal::new(mean, deviation), low, high }
    }

    /// 1, or −1 where the bounds lie above the mean rather than below: mirrored there, both have probabilities that keep their digits.
    fn side(&self) -> Tensor<2> {
        let centre = self.low.clone() + self.high.clone() - self.normal.mean.clone() * 2.0;
        let above = centre.clone().greater_elem(0.0);
        centre.ones_like().mask_fill(above, -1.0)
    }

    /// The bounds beside mean and deviation, mirrored, the lower first.
    fn bounds(&self) -> [Tensor<2>; 2] {
        let [low, high] = [&self.low, &self.high].map(|x| self.normal.standardised(x.clone()));
        let mirrored = self.side().lower_elem(0.0);
        [low.clone().mask_where(mirrored.clone(), -high.clone()), high.mask_where(mirrored, -low)]
    }

    /// Logarithm of the probability of lying between the bounds.
    fn log_mass(&self) -> Tensor<2> {
        let [low, high] = self.bounds().map(log_normal_cdf);
        high.clone() + log_1m_exp(high - low)
    }

    /// `φ/Z` at the bounds as they are, and the bounds beside mean and deviation.
    fn edges(&self) -> [[Tensor<2>; 2]; 2] {
        let bounds = [&self.low, &self.high].map(|x| self.normal.standardised(x.clone()));
        let mass = self.log_mass();
        let density =
            |z: &Tensor<2>| (z.clone().square() * -0.5 - 0.5 * (2.0 * PI).ln() - mass.clone()).exp();
        [[density(&bounds[0]), density(&bounds[1])], bounds]
    }
}

impl Distribution for TruncatedNormal {
    fn rows(&self) -> usize {
        self.low.dims()[0]
    }
    fn features(&self) -> usize {
        self.low.dims()[1]
    }
    fn sample(&self, key: Key, rows: usize) -> Tensor<2> {
        let p = uniforms(key, [rows, self.features()], &self.low);
        self.quantile(p).expect("a truncated normal should have quantiles")
    }
    /// −∞ outside of the bounds.
    fn log_prob(&self, x: Tensor<2>) -> Tensor<2> {
        let log = self.normal.log_prob(x.clone()) - self.log_mass();
        let zero = x.zeros_like();
        let outside =
            x.clone().lower(self.low.clone() + zero.clone()).bool_or(x.greater(self.high.clone() + zero));
        log.mask_fill(outside, f64::NEG_INFINITY)
    }
    fn mean(&self) -> Option<Tensor<2>> {
        let [[low, high], _] = self.edges();
        Some(self.normal.mean.clone() + self.normal.deviation.clone() * (low - high))
    }
    fn variance(&self) -> Option<Tensor<2>> {
        let [[low, high], [a, b]] = self.edges();
        let share = a * low.clone() - b * high.clone() - (low - high).square() + 1.0;
        Some(self.normal.deviation.clone().square() * share)
    }
    fn entropy(&self) -> Option<Tensor<2>> {
        let [[low, high], [a, b]] = self.edges();
        let width = self.normal.deviation.clone().log() + self.log_mass() + 0.5 * (2.0 * PI * E).ln();
        Some(width + (a * low - b * high) * 0.5)
    }
    fn cdf(&self, x: Tensor<2>) -> Option<Tensor<2>> {
        let [low, high] = self.bounds().map(normal_cdf);
        let side = self.side() + x.zeros_like();
        let share = (normal_cdf(self.normal.standardised(x) * side.clone()) - low.clone()) / (high - low);
        let share = share.clamp(0.0, 1.0);
        Some(share.clone().mask_where(side.lower_elem(0.0), 1.0 - share))
    }
    fn quantile(&self, p: Tensor<2>) -> Option<Tensor<2>> {
        let [low, high] = self.bounds().map(normal_cdf);
        let side = self.side();
        // Mirrored, what is counted from below is counted from above.
        let share = p.clone().mask_where((side.clone() + p.zeros_like()).lower_elem(0.0), 1.0 - p);
        let z = normal_quantile(low.clone() + share * (high - low)) * side;
        Some(self.normal.mean.clone() + self.normal.deviation.clone() * z)
    }
}
