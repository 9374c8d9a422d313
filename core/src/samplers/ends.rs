//! The two ends between which a learned variance lies: that of the posterior and that of the forward step.
//!
//! ```text
//! Σ = exp(v ln β + (1 − v) ln β̃),   β̃ = (s² − s'²) s'²/s²,   β = β̃ (s²/(1 + s²))/(s'²/(1 + s'²)),   s = σ/α
//! ```
//!
//! Nichol and Dhariwal 2021, Eq. 15, <https://arxiv.org/abs/2102.09672>, for a step from `s` to `s'` of the variance-preserving
//! schedule, as the variance of `x/α`. As these depend on `s` and `s'` alone, a model that has learnt `v` under one table is walked
//! under any schedule, in few steps (their section 4) as in many.

use burn::prelude::*;

/// The ends of a step's variance, in `x/α`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ends {
    /// `β̃`: right where the data are one point.
    pub small: f64,
    /// `β`: right where the data are standard normal.
    pub large: f64,
}

impl Ends {
    /// Those of the step from `s` down to `s' > 0`.
    pub fn of(s: f64, to: f64) -> Self {
        let small = (1.0 - (to / s).powi(2)) * to * to;
        Self { small, large: small * kept(s) / kept(to) }
    }

    /// Those of the step from `s` into data, whose posterior has no variance: that of the step before, from `above`, is taken for it.
    pub fn last(above: f64, s: f64) -> Self {
        Self { small: Self::of(above, s).small, large: kept(s) }
    }

    /// `ln β − ln β̃`.
    pub fn range(self) -> f64 {
        (self.large / self.small).ln()
    }

    /// `Σ` at `v`, `[batch, features]`.
    pub fn between(self, v: Tensor<2>) -> Tensor<2> {
        (v * self.range()).exp() * self.small
    }
}

/// `σ²` of the variance-preserving level at `σ/α = s`.
fn kept(s: f64) -> f64 {
    1.0 / (1.0 + s.powi(-2))
}

#[cfg(test)]
mod tests {
    use burn::tensor::DType;

    use super::*;
    use crate::schedules::discrete::{BetaSchedule, Betas};

    /// Ho et al. 2020, Eq. 7: `β̃_t = (1 − ᾱ_{t−1})/(1 − ᾱ_t) β_t`, the variances of `x_{t−1}`; divided by `ᾱ_{t−1}`, of `x/α`.
    #[test]
    fn the_ends_are_the_tables_betas() {
        for schedule in [BetaSchedule::Linear, BetaSchedule::SquaredcosCapV2] {
            let betas = Betas { schedule, ..Betas::default() };
            let (beta, bar, table) = (betas.betas(), betas.alphas_cumprod(), betas.table().ratios);
            for t in [1, 2, 10, 500, 998] {
                let small = (1.0 - bar[t - 1]) / (1.0 - bar[t]) * beta[t];
                let ends = Ends::of(table[t], table[t - 1]);
                assert!((ends.small * bar[t - 1] / small - 1.0).abs() < 1e-9, "{t}: {ends:?}");
                assert!((ends.large * bar[t - 1] / beta[t] - 1.0).abs() < 1e-9, "{t}: {ends:?}");
            }
            let last = Ends::last(table[1], table[0]);
            assert!((last.large / beta[0] - 1.0).abs() < 1e-9, "{last:?}");
            assert_eq!(last.small, Ends::of(table[1], table[0]).small);
        }
    }

    #[test]
    fn v_goes_from_one_end_to_the_other_by_the_logarithm() {
        let ends = Ends::of(0.8, 0.3);
        let v = Tensor::<2>::from_data(
            TensorData::new(vec![0.0, 0.5, 1.0], [1, 3]),
            (&Device::flex(), DType::F64),
        );
        let found: Vec<f64> = ends.between(v).into_data().iter::<f64>().collect();
        let wanted = [ends.small, (ends.small * ends.large).sqrt(), ends.large];
        for (found, wanted) in found.iter().zip(wanted) {
            assert!((found / wanted - 1.0).abs() < 1e-12, "{found} {wanted}");
        }
    }
}
