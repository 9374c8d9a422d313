//! `α = 1, σ = sqrt(t)`: noise is added at a constant rate of variance, the signal stays.
//!
//! Song et al. 2021, <https://arxiv.org/abs/2011.13456>, as in Karras et al. 2022, <https://arxiv.org/abs/2206.00364>, Table 1.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Schedule;
use crate::registry::{About, Member};

/// `α = 1, σ = sqrt(t)`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Ve {}

impl Member for Ve {
    const ABOUT: About = About {
        summary: "Variance exploding with time = variance",
        paper: "Song et al. 2021, https://arxiv.org/abs/2011.13456; Karras et al. 2022, Table 1, https://arxiv.org/abs/2206.00364",
    };
}

impl Schedule for Ve {
    fn alpha(&self, _t: f64) -> f64 {
        1.0
    }
    fn sigma(&self, t: f64) -> f64 {
        t.sqrt()
    }
    fn d_alpha(&self, _t: f64) -> f64 {
        0.0
    }
    fn d_sigma(&self, t: f64) -> f64 {
        0.5 / t.sqrt()
    }
    fn time(&self, ratio: f64) -> f64 {
        ratio * ratio
    }
}
