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
use crate::losses::{Weighting, aggregated};
use crate::registry::{About, Member};

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
        let Gaussian { mean, log_variance } = lesson.read.base.clone();
        let weighting = Weighting::Stratified;
        let [log_q, log_product] = aggregated(drawn.z.clone(), mean, log_variance, self.examples, weighting);
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
