//! Equal steps in `ln σ`: `σ_i = σ_max (σ_min/σ_max)^{i/(N−1)}`.
//!
//! `get_sigmas_exponential` of k-diffusion, `use_exponential_sigmas` of diffusers; the VE schedule of Song et al. 2021,
//! <https://arxiv.org/abs/2011.13456>. As `λ = −ln(σ/α)`, these are the levels of `log_snr` too.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Spacing, Span};
use crate::Result;
use crate::registry::{About, Member};

/// Equal steps in the logarithm of the noise level.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Exponential {}

impl Member for Exponential {
    const ABOUT: About = About {
        summary: "Equal steps in the logarithm of the noise level",
        paper: "Song et al. 2021, https://arxiv.org/abs/2011.13456",
    };
}

impl Spacing for Exponential {
    fn times(&self, span: &Span) -> Result<Vec<f64>> {
        let [min, max] = span.range;
        Ok(span.times(span.places().map(|place| (max.ln() + place * (min / max).ln()).exp())))
    }
}
