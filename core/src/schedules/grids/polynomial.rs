//! `ln σ_i = ln σ_min + (1 − i/(N−1))^ρ (ln σ_max − ln σ_min)`: polynomial in the logarithm of the noise level.
//!
//! `get_sigmas_polyexponential` of k-diffusion, <https://github.com/crowsonkb/k-diffusion>. With `ρ = 1` this is `exponential`; more
//! crowds the steps near data, less near noise.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Spacing, Span};
use crate::Result;
use crate::config::check::positive;
use crate::registry::{About, Member};

/// A power of equal steps, in the logarithm of the noise level.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Polynomial {
    /// The power.
    pub rho: f64,
}

impl Default for Polynomial {
    fn default() -> Self {
        Self { rho: 1.0 }
    }
}

impl Member for Polynomial {
    const ABOUT: About = About {
        summary: "Polynomial in the logarithm of the noise level (polyexponential)",
        paper: "k-diffusion, https://github.com/crowsonkb/k-diffusion",
    };
}

impl Spacing for Polynomial {
    fn times(&self, span: &Span) -> Result<Vec<f64>> {
        let [min, max] = span.range;
        let ratio = |place: f64| (min.ln() + (1.0 - place).powf(self.rho) * (max / min).ln()).exp();
        Ok(span.times(span.places().map(ratio)))
    }

    fn check(&self) -> Result<()> {
        positive("rho", self.rho)
    }
}
