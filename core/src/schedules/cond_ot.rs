//! `α = 1 − t, σ = t`: the straight path of rectified flow and of conditional optimal transport.
//!
//! Lipman et al. 2023, <https://arxiv.org/abs/2210.02747>; Liu et al. 2023, <https://arxiv.org/abs/2209.03003>.
//! Time runs from noise (1) to data (0), as in every schedule here; the papers' time is `1 − t`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{LATEST, Schedule};
use crate::registry::{About, Member};

/// `α = 1 − t, σ = t`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CondOt {}

impl Member for CondOt {
    const ABOUT: About = About {
        summary: "Straight lines from noise to data (rectified flow, CondOT)",
        paper: "Lipman et al. 2023, https://arxiv.org/abs/2210.02747; Liu et al. 2023, https://arxiv.org/abs/2209.03003",
    };
}

impl Schedule for CondOt {
    fn alpha(&self, t: f64) -> f64 {
        1.0 - t
    }
    fn sigma(&self, t: f64) -> f64 {
        t
    }
    fn d_alpha(&self, _t: f64) -> f64 {
        -1.0
    }
    fn d_sigma(&self, _t: f64) -> f64 {
        1.0
    }
    fn time(&self, ratio: f64) -> f64 {
        (ratio / (1.0 + ratio)).min(LATEST)
    }
}
