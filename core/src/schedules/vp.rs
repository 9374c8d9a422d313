//! `α = cos(π t / 2), σ = sin(π t / 2)`: variance preserving, by the angle between signal and noise.
//!
//! Salimans and Ho 2022, <https://arxiv.org/abs/2202.00512>, section 4; with equal steps in `t` this is the cosine schedule of
//! Nichol and Dhariwal 2021, <https://arxiv.org/abs/2102.09672>, without its offset.

use std::f64::consts::FRAC_PI_2;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Schedule;
use crate::registry::{About, Member};

/// `α = cos(π t / 2), σ = sin(π t / 2)`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Vp {}

impl Member for Vp {
    const ABOUT: About = About {
        summary: "Variance preserving, by angle (cosine)",
        paper: "Nichol and Dhariwal 2021, https://arxiv.org/abs/2102.09672; Salimans and Ho 2022, https://arxiv.org/abs/2202.00512",
    };
}

impl Schedule for Vp {
    fn alpha(&self, t: f64) -> f64 {
        (FRAC_PI_2 * t).cos()
    }
    fn sigma(&self, t: f64) -> f64 {
        (FRAC_PI_2 * t).sin()
    }
    fn d_alpha(&self, t: f64) -> f64 {
        -FRAC_PI_2 * (FRAC_PI_2 * t).sin()
    }
    fn d_sigma(&self, t: f64) -> f64 {
        FRAC_PI_2 * (FRAC_PI_2 * t).cos()
    }
    fn time(&self, ratio: f64) -> f64 {
        ratio.atan() / FRAC_PI_2
    }
}
