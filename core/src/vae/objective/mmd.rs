//! The maximum mean discrepancy between latents and the prior: InfoVAE and WAE.
//!
//! ```text
//! L = −E ln p(x|z) + (1 − α) KL(q(z|x) ‖ p(z)) + (α + λ − 1) MMD²(q(z), p(z))
//! k(a, b) = Σ_c c/(c + ‖a − b‖²),   c = 2 d s,   s in 0.1, 0.2, 0.5, 1, 2, 5, 10
//! ```
//!
//! Zhao et al. 2019, <https://arxiv.org/abs/1706.02262>, Eq. 6; with `α = 1` Tolstikhin et al. 2018, <https://arxiv.org/abs/1711.01558>,
//! Algorithm 2, whose kernels these are (inverse multiquadratics, section 4) and whose estimate is without bias.

use burn::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Lesson, VaeObjective};
use crate::Result;
use crate::config::check::{not_negative, within};
use crate::registry::{About, Member};

/// The maximum mean discrepancy of latents.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Mmd {
    /// `α`: 1 takes no divergence of single posteriors, 0 all of it.
    pub alpha: f64,
    /// `λ`.
    pub lambda: f64,
}

impl Default for Mmd {
    fn default() -> Self {
        Self { alpha: 1.0, lambda: 10.0 }
    }
}

impl Member for Mmd {
    const ABOUT: About = About {
        summary: "The maximum mean discrepancy of latents from the prior, beside the divergence or in its place",
        paper: "Zhao et al. 2019, https://arxiv.org/abs/1706.02262; Tolstikhin et al. 2018, https://arxiv.org/abs/1711.01558",
    };
}

/// Of the noise's draws, the first that no posterior takes.
const PRIOR_DRAW: u32 = 1 << 20;

impl VaeObjective for Mmd {
    fn check(&self) -> Result<()> {
        within("alpha", self.alpha, 0.0, 1.0)?;
        not_negative("lambda", self.lambda)?;
        not_negative("lambda", self.alpha + self.lambda - 1.0)
    }

    fn loss(&self, lesson: &Lesson) -> Tensor<1> {
        let (drawn, [reconstruction, kl]) = lesson.terms();
        let prior = lesson.network.prior_draw(&lesson.noise, PRIOR_DRAW);
        let discrepancy = discrepancy(drawn.z, prior);
        lesson.learning.note("mmd", &discrepancy);
        let kept = if self.alpha < 1.0 { kl * (1.0 - self.alpha) } else { kl.zeros_like() };
        reconstruction + kept + discrepancy * (self.alpha + self.lambda - 1.0)
    }
}

/// An estimate of `MMD²` without bias, `[1]`, of two sets of as many latents.
pub(crate) fn discrepancy(a: Tensor<2>, b: Tensor<2>) -> Tensor<1> {
    let [rows, latents] = a.dims();
    let n = rows.max(2) as f64;
    let among = |x: &Tensor<2>| {
        // Each with itself is 1 for each of the kernels.
        let whole = kernels(x, x, latents).sum();
        (whole - SIZES.len() as f64 * rows as f64) / (n * (n - 1.0))
    };
    among(&a) + among(&b) - kernels(&a, &b, latents).mean() * 2.0
}

const SIZES: [f64; 7] = [0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0];

fn kernels(a: &Tensor<2>, b: &Tensor<2>, latents: usize) -> Tensor<2> {
    let ([m, d], n) = (a.dims(), b.dims()[0]);
    let away = a.clone().reshape([m, 1, d]) - b.clone().reshape([1, n, d]);
    let square = away.square().sum_dim(2).reshape([m, n]);
    let kernel = |size: f64| {
        let c = 2.0 * latents as f64 * size;
        (square.clone() + c).recip() * c
    };
    SIZES.iter().skip(1).fold(kernel(SIZES[0]), |sum, size| sum + kernel(*size))
}
