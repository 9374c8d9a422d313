//! `σ_i = σ_min + F⁻¹(1 − i/(N−1)) (σ_max − σ_min)`, `F` the distribution function of `Beta(α, β)`.
//!
//! Lee et al. 2024, <https://arxiv.org/abs/2407.12173>; `use_beta_sigmas` of diffusers. With `α, β < 1` the steps crowd at both ends.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::incomplete_beta::inverse;
use super::{Spacing, Span};
use crate::Result;
use crate::config::check::within;
use crate::registry::{About, Member};

/// Quantiles of a beta distribution, in the noise level.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Beta {
    /// The distribution's first parameter: less crowds the steps near data.
    pub alpha: f64,
    /// The second: less crowds them near noise.
    pub beta: f64,
}

impl Default for Beta {
    fn default() -> Self {
        Self { alpha: 0.6, beta: 0.6 }
    }
}

impl Member for Beta {
    const ABOUT: About = About {
        summary: "Quantiles of a beta distribution in the noise level",
        paper: "Lee et al. 2024, https://arxiv.org/abs/2407.12173",
    };
}

impl Spacing for Beta {
    fn times(&self, span: &Span) -> Result<Vec<f64>> {
        let [min, max] = span.range;
        let ratio = |place: f64| min + inverse(1.0 - place, self.alpha, self.beta) * (max - min);
        Ok(span.times(span.places().map(ratio)))
    }

    fn check(&self) -> Result<()> {
        within("alpha", self.alpha, 0.05, 100.0)?;
        within("beta", self.beta, 0.05, 100.0)
    }
}
