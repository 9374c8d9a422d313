//! `σ = sin²(π t/2)`, `α = sqrt(1 − σ²)` at equal steps of `t`: slow at both ends.
//!
//! `get_crash_schedule` of v-diffusion, <https://github.com/crowsonkb/v-diffusion-pytorch>; the times of diffusers' `IPNDMScheduler`.

use std::f64::consts::FRAC_PI_2;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Spacing, Span};
use crate::Result;
use crate::registry::{About, Member};

/// Equal steps in the arc sine of the root of the noise, down to data.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Crash {}

impl Member for Crash {
    const ABOUT: About = About {
        summary: "Variance-preserving noise a squared sine of equal steps (v-diffusion, IPNDM)",
        paper: "v-diffusion, https://github.com/crowsonkb/v-diffusion-pytorch",
    };
}

impl Spacing for Crash {
    fn times(&self, span: &Span) -> Result<Vec<f64>> {
        let largest = 1.0 / (1.0 + span.range[1].powi(-2)).sqrt();
        let top = largest.sqrt().asin() / FRAC_PI_2;
        let ratio = |i: usize| {
            let sigma = (FRAC_PI_2 * top * (1.0 - i as f64 / span.steps as f64)).sin().powi(2);
            sigma / (1.0 - sigma * sigma).sqrt()
        };
        // The sine loses what little signal there is at the start.
        Ok(span.times((0..span.steps).map(|i| if i == 0 { span.range[1] } else { ratio(i) })))
    }
}
