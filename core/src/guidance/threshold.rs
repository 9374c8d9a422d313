//! Dynamic thresholding: predictions that leave the range of the data are scaled back into it, sample by sample.
//!
//! ```text
//! s = min(max(r, the p-quantile of |D|), m),   D ← clip(D, −s, s) r/s
//! ```
//!
//! With `m = r` it is static thresholding: nothing is scaled, and what leaves the range is clipped.
//!
//! Saharia et al. 2022 (Imagen), section 2.3, <https://arxiv.org/abs/2205.11487>, with `r` = 1. What is scaled back leaves the
//! ends of the range: data that mostly lie there, as digits on black do, want a low `p`, which clips without scaling.

use burn::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Result;
use crate::config::check::{between, positive};
use crate::samplers::{Denoiser, Evaluation, Vector};

/// Where to bound predictions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Threshold {
    /// The share of a sample's values that is not clipped, from 0 to 1.
    pub percentile: f64,
    /// The data lie within `[−limit, limit]`.
    pub limit: f64,
    /// The most that `s` may be; `limit` itself clips without scaling. Not bounded by default.
    pub largest: Option<f64>,
}

impl Default for Threshold {
    fn default() -> Self {
        Self { percentile: 0.995, limit: 1.0, largest: None }
    }
}

impl Threshold {
    pub(super) fn check(&self) -> Result<()> {
        positive("limit", self.limit)?;
        self.largest.map_or(Ok(()), |largest| positive("largest", largest))?;
        if self.percentile == 1.0 { Ok(()) } else { between("percentile", self.percentile, 0.0, 1.0) }
    }

    /// `[batch, features]`, bounded.
    pub fn apply(&self, x: Vector) -> Vector {
        if let Some(largest) = self.largest.filter(|largest| *largest <= self.limit) {
            return Vector::sum([(self.limit / largest, x.within(-largest, largest))]);
        }
        self.scaled(x.into_tensor()).into()
    }

    fn scaled(&self, x: Tensor<2>) -> Tensor<2> {
        let bound = match self.largest {
            Some(largest) => quantile(&x, self.percentile).clamp(self.limit, largest), // [batch, 1]
            None => quantile(&x, self.percentile).clamp_min(self.limit),
        };
        (x / bound).clamp(-1.0, 1.0) * self.limit
    }
}

/// A denoiser whose predictions are bounded.
pub struct Thresholded {
    /// What denoises.
    pub inner: Box<dyn Denoiser>,
    /// Where to.
    pub threshold: Threshold,
}

impl Denoiser for Thresholded {
    fn denoise(&self, x: Tensor<2>, sigma: f64) -> Tensor<2> {
        self.threshold.apply(self.inner.denoise(x, sigma).into()).into_tensor()
    }

    fn evaluate(&self, x: Vector, sigma: f64, next: f64) -> Evaluation {
        let Evaluation { mean, v } = self.inner.evaluate(x, sigma, next);
        Evaluation { mean: self.threshold.apply(mean), v }
    }

    fn forget(&self) {
        self.inner.forget();
    }
}

/// Halvings: what is left of the largest value is below a float's precision.
const HALVINGS: usize = 26;

/// The value that a share `p` of each row's absolute values does not exceed, linear between two of them, `[batch, 1]`, as a constant.
pub fn quantile(x: &Tensor<2>, p: f64) -> Tensor<2> {
    let x = x.clone().without_autodiff().abs();
    let place = p * (x.dims()[1] - 1) as f64;
    let (low, part) = (place.floor(), place.fract());
    let below = ranked(&x, low + 1.0);
    if part == 0.0 { below } else { below * (1.0 - part) + ranked(&x, low + 2.0) * part }
}

/// Each row's `rank`-th smallest value, counted from 1; there are none below 0.
///
/// It is found by halving an interval, since sorting reads back from a GPU.
fn ranked(x: &Tensor<2>, rank: f64) -> Tensor<2> {
    let [rows, features] = x.dims();
    let mut high = x.clone().max_dim(1);
    let mut low = high.zeros_like();
    for _ in 0..HALVINGS {
        let middle = (low.clone() + high.clone()) * 0.5;
        let within = x.clone().lower_equal(middle.clone().expand([rows, features]));
        let enough = within.int().sum_dim(1).greater_equal_elem(rank);
        low = middle.clone().mask_where(enough.clone(), low);
        high = high.mask_where(enough, middle);
    }
    high
}
