//! `√(d² + ε²)`: the absolute value, round at 0.

use burn::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Reconstruction;
use crate::Result;
use crate::config::check::positive;
use crate::registry::{About, Member};

/// The mean of `√(d² + ε²)`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Charbonnier {
    /// `ε`: below it differences count by their square.
    pub epsilon: f64,
}

impl Default for Charbonnier {
    fn default() -> Self {
        Self { epsilon: 1e-3 }
    }
}

impl Member for Charbonnier {
    const ABOUT: About = About {
        summary: "Mean absolute value, round at 0",
        paper: "Charbonnier et al. 1994, https://doi.org/10.1109/ICIP.1994.413553; \
                Lai et al. 2017, https://arxiv.org/abs/1704.03915",
    };
}

impl Reconstruction for Charbonnier {
    fn cost(&self, x: Tensor<2>, reconstruction: Tensor<2>, _shape: &[usize]) -> Tensor<1> {
        ((reconstruction - x).square() + self.epsilon * self.epsilon).sqrt().mean()
    }
    fn check(&self, _shape: &[usize]) -> Result<()> {
        positive("epsilon", self.epsilon)
    }
}
