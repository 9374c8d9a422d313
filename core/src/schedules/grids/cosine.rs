//! Equal steps in the angle between signal and noise: `σ_i/α_i = tan(θ_max (1 − i/N))`, `θ_max = atan(σ_max)`.
//!
//! The levels of the cosine schedule at equal steps, under whatever schedule they are walked: Nichol and Dhariwal 2021,
//! <https://arxiv.org/abs/2102.09672>; Salimans and Ho 2022, <https://arxiv.org/abs/2202.00512>.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Spacing, Span};
use crate::Result;
use crate::registry::{About, Member};

/// Equal steps in `atan(σ/α)`, down to data.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Cosine {}

impl Member for Cosine {
    const ABOUT: About = About {
        summary: "Equal steps in the angle between signal and noise",
        paper: "Nichol and Dhariwal 2021, https://arxiv.org/abs/2102.09672; Salimans and Ho 2022, https://arxiv.org/abs/2202.00512",
    };
}

impl Spacing for Cosine {
    fn times(&self, span: &Span) -> Result<Vec<f64>> {
        let top = span.range[1].atan();
        let angle = |i: usize| top * (1.0 - i as f64 / span.steps as f64);
        Ok(span.times((0..span.steps).map(|i| angle(i).tan())))
    }
}
