//! `α = 1, σ = t`: noise is added, the signal stays (Karras et al. 2022, <https://arxiv.org/abs/2206.00364>, Table 1).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Schedule;
use crate::registry::{About, Member};

/// `α = 1, σ = t`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Edm {}

impl Member for Edm {
    const ABOUT: About = About {
        summary: "Variance exploding with time = noise level",
        paper: "Karras et al. 2022, https://arxiv.org/abs/2206.00364",
    };
}

impl Schedule for Edm {
    fn alpha(&self, _t: f64) -> f64 {
        1.0
    }
    fn sigma(&self, t: f64) -> f64 {
        t
    }
    fn d_alpha(&self, _t: f64) -> f64 {
        0.0
    }
    fn d_sigma(&self, _t: f64) -> f64 {
        1.0
    }
    fn time(&self, ratio: f64) -> f64 {
        ratio
    }
}
