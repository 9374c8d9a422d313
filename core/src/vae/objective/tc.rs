//! The divergence in three parts, each with its weight: β-TCVAE.
//!
//! ```text
//! L = −E ln p(x|z) + α I(x; z) + β TC(z) + γ Σ_j KL(q(z_j) ‖ p(z_j))
//! I = E ln q(z|x)/q(z),   TC = E ln q(z)/Π q(z_j)
//! q(z_i) ≈ Σ_j w_ij q(z_i|x_j),   w = 1/N for i = j, (N − M)/(N M) for one other j, 1/M for the rest,   M = batch − 1
//! ```
//!
//! Chen et al. 2018, <https://arxiv.org/abs/1802.04942>, Eq. 4 and the stratified estimate of Appendix C.2, `N` examples in all.

use burn::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Lesson, Needs, VaeObjective};
use crate::Result;
use crate::config::check::{at_least, not_negative};
use crate::latents::Gaussian;
use crate::registry::{About, Member};
use crate::vae::sums::log_sum_exp;

/// The divergence in three parts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Tc {
    /// Weight of what latents and samples know of each other.
    pub alpha: f64,
    /// Weight of the total correlation.
    pub beta: f64,
    /// Weight of the divergence of single numbers.
    pub gamma: f64,
    /// `N`, how many examples the data have.
    pub examples: usize,
}

impl Default for Tc {
    fn default() -> Self {
        Self { alpha: 1.0, beta: 6.0, gamma: 1.0, examples: 60_000 }
    }
}

impl Member for Tc {
    const ABOUT: About = About {
        summary: "The divergence in three parts, of which the total correlation weighs more",
        paper: "Chen et al. 2018, https://arxiv.org/abs/1802.04942",
    };
}

impl VaeObjective for Tc {
    fn check(&self) -> Result<()> {
        not_negative("alpha", self.alpha)?;
        not_negative("beta", self.beta)?;
        not_negative("gamma", self.gamma)?;
        at_least("examples", self.examples, 2)
    }

    fn needs(&self) -> Needs {
        Needs::Normal
    }

    fn loss(&self, lesson: &Lesson) -> Tensor<1> {
        let drawn = lesson.draw(0);
        let reconstruction = -lesson.log_likelihood(drawn.z.clone()).mean();
        let (log_q, log_product) = aggregate(&drawn.z, &lesson.read.base, self.examples);
        let information = (drawn.log_q - log_q.clone()).mean();
        let correlation = (log_q - log_product.clone()).mean();
        let numbers = (log_product - lesson.network.log_prior(drawn.z, lesson.learning.mode)).mean();
        let kl = lesson.read.base.divergences().sum_dim(1).mean();
        let learning = lesson.learning;
        learning.note("reconstruction", &reconstruction);
        learning.note("kl", &kl);
        learning.note("total_correlation", &correlation);
        reconstruction + information * self.alpha + correlation * self.beta + numbers * self.gamma
    }
}

/// `ln q(z_i)` and `Σ_j ln q(z_ij)`, both `[rows, 1]`, of draws `z` of these posteriors.
pub(crate) fn aggregate(z: &Tensor<2>, posteriors: &Gaussian, examples: usize) -> (Tensor<2>, Tensor<2>) {
    let [rows, latents] = z.dims();
    let z = z.clone().reshape([rows, 1, latents]);
    let [mean, log_variance] =
        [&posteriors.mean, &posteriors.log_variance].map(|x| x.clone().reshape([1, rows, latents]));
    let away = (z - mean).square() * (-log_variance.clone()).exp() + log_variance;
    let each = (away + std::f64::consts::TAU.ln()) * -0.5; // [i, j, latents]
    let weights = log_weights(rows, examples, &each.device()).cast(each.dtype());
    let whole = each.clone().sum_dim(2).reshape([rows, rows]) + weights.clone();
    let single = log_sum_exp(each + weights.reshape([rows, rows, 1]), 1).reshape([rows, latents]);
    (log_sum_exp(whole, 1), single.sum_dim(1))
}

/// `ln w`, `[rows, rows]`.
fn log_weights(rows: usize, examples: usize, device: &Device) -> Tensor<2> {
    let (n, m) = (examples.max(rows) as f64, (rows.max(2) - 1) as f64);
    let weight = |i: usize, j: usize| match (j + rows - i) % rows {
        0 => 1.0 / n,
        1 => (n - m) / (n * m),
        _ => 1.0 / m,
    };
    let values: Vec<f32> = (0..rows * rows).map(|at| weight(at / rows, at % rows).ln() as f32).collect();
    Tensor::from_data(TensorData::new(values, [rows, rows]), device)
}
