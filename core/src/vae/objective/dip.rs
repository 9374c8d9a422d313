//! Latents of no covariance: DIP-VAE.
//!
//! ```text
//! L = −ELBO + λ_o Σ_{i≠j} C_ij² + λ_d Σ_i (C_ii − 1)²
//! I:  C = Cov μ(x)        II:  C = Cov μ(x) + E diag s²(x)
//! ```
//!
//! Kumar et al. 2018, <https://arxiv.org/abs/1711.00848>, Eq. 4 to 7.

use burn::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Lesson, Needs, VaeObjective, covariance};
use crate::Result;
use crate::config::check::not_negative;
use crate::registry::{About, Member};

/// Latents of no covariance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Dip {
    /// Whose covariance.
    pub of: Moments,
    /// `λ_o`, weight of covariances.
    pub off_diagonal: f64,
    /// `λ_d`, weight of variances that are not 1.
    pub diagonal: f64,
}

/// Whose covariance is held to be the identity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Moments {
    /// That of the posteriors' means: DIP-VAE-I.
    Means,
    /// That of latents: DIP-VAE-II.
    #[default]
    Latents,
}

impl Default for Dip {
    fn default() -> Self {
        Self { of: Moments::Latents, off_diagonal: 10.0, diagonal: 10.0 }
    }
}

impl Member for Dip {
    const ABOUT: About = About {
        summary: "The evidence lower bound, and the covariance of latents held to be the identity",
        paper: "Kumar et al. 2018, https://arxiv.org/abs/1711.00848",
    };
}

impl VaeObjective for Dip {
    fn check(&self) -> Result<()> {
        not_negative("off_diagonal", self.off_diagonal)?;
        not_negative("diagonal", self.diagonal)
    }

    fn needs(&self) -> Needs {
        Needs::Gaussian
    }

    fn loss(&self, lesson: &Lesson) -> Tensor<1> {
        let (_, [reconstruction, kl]) = lesson.terms();
        let base = &lesson.read.base;
        let of_means = covariance(&base.mean);
        let latents = of_means.dims()[0];
        let identity = Tensor::<2>::eye(latents, &of_means.device()).cast(of_means.dtype());
        let inner = base.log_variance.clone().exp().mean_dim(0);
        let c = match self.of {
            Moments::Means => of_means,
            Moments::Latents => of_means + inner * identity.clone(),
        };
        let (on, off) = (c.clone() * identity.clone() - identity.clone(), c * (identity.neg() + 1.0));
        let [on, off] = [on, off].map(|part| part.square().sum());
        lesson.learning.note("covariance", &off);
        reconstruction + kl + off * self.off_diagonal + on * self.diagonal
    }
}
