//! `t ~ U(0, 1)` on the straight path, `σ = t/(1 − t)`.
//!
//! Lipman et al. 2023, <https://arxiv.org/abs/2210.02747>.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{LevelDistribution, straight};
use crate::registry::{About, Member};

/// `t ~ U(0, 1)` on the straight path, `σ = t/(1 − t)`; kept between the bounds that a `σ` in f32 can bear.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Uniform {}

impl Member for Uniform {
    const ABOUT: About = About {
        summary: "Time of the straight path uniform",
        paper: "Lipman et al. 2023, https://arxiv.org/abs/2210.02747",
    };
}

impl LevelDistribution for Uniform {
    fn sigma(&self, u: f64) -> f64 {
        straight(u)
    }
}
