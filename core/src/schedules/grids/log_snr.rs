//! Equal steps in `λ = ln(α/σ)`: `λ_i = λ_0 + i/(N−1) (λ_{N−1} − λ_0)`.
//!
//! Lu et al. 2022, section 3.4, <https://arxiv.org/abs/2206.00927>; `use_lu_lambdas` of diffusers. As `σ/α = exp(−λ)`, these are
//! the levels of `exponential` under the name that DPM-Solver gives them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Spacing, Span};
use crate::Result;
use crate::registry::{About, Member};

/// Equal steps in half the logarithm of the signal-to-noise ratio.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LogSnr {}

impl Member for LogSnr {
    const ABOUT: About = About {
        summary: "Equal steps in log-SNR (DPM-Solver)",
        paper: "Lu et al. 2022, https://arxiv.org/abs/2206.00927",
    };
}

impl Spacing for LogSnr {
    fn times(&self, span: &Span) -> Result<Vec<f64>> {
        let [last, first] = span.range.map(|ratio| -ratio.ln());
        Ok(span.times(span.places().map(|place| (-(first + place * (last - first))).exp())))
    }
}
