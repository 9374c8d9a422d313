//! `λ = ln(α²/σ²) ~ Laplace(μ, b)`.
//!
//! Hang and Gu 2024, Table 1, <https://arxiv.org/abs/2407.03297>: levels gathered where signal and noise are of one strength, with
//! heavier tails than a normal has.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{LevelDistribution, at};
use crate::Result;
use crate::registry::{About, Member};
use crate::schedules::{self, Schedule};

/// The outermost share: there is no level at 0 or 1.
const EDGE: f64 = 1.0 / 16_777_216.0;

/// Logarithm of the signal-to-noise ratio Laplace distributed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Laplace {
    /// The centre of `ln(α²/σ²)`.
    pub mu: f64,
    /// Its spread.
    pub b: f64,
}

impl Default for Laplace {
    fn default() -> Self {
        Self { mu: 0.0, b: 0.5 }
    }
}

impl Member for Laplace {
    const ABOUT: About = About {
        summary: "Logarithm of the signal-to-noise ratio Laplace distributed",
        paper: "Hang and Gu 2024, https://arxiv.org/abs/2407.03297",
    };
}

impl Laplace {
    /// The schedule of which this is the uniform time.
    fn schedule(&self) -> schedules::Laplace {
        schedules::Laplace { mu: self.mu, b: self.b }
    }
}

impl LevelDistribution for Laplace {
    fn sigma(&self, u: f64) -> f64 {
        at(&self.schedule(), u.clamp(EDGE, 1.0 - EDGE))
    }
    fn check(&self) -> Result<()> {
        self.schedule().check()
    }
}
