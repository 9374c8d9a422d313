//! AdamW: Adam with the decay of weights taken out of the gradient, `θ ← (1 − η λ) θ − η m̂ / (sqrt(v̂) + ε)`.
//!
//! Loshchilov and Hutter 2019, Algorithm 2, <https://arxiv.org/abs/1711.05101>.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::adam::{Adam, Moments};
use super::{Optimizer, Rule};
use crate::Result;
use crate::config::check::not_negative;
use crate::registry::{About, Member};

/// AdamW with PyTorch's values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AdamW {
    /// Decay of the mean and of the mean square.
    pub betas: [f64; 2],
    /// Added to the root of the mean square.
    pub epsilon: f64,
    /// Decay of the weights, times the learning rate, a step.
    pub decay: f64,
}

impl Default for AdamW {
    fn default() -> Self {
        let Adam { betas, epsilon } = Adam::default();
        Self { betas, epsilon, decay: 0.01 }
    }
}

impl Member for AdamW {
    const ABOUT: About = About {
        summary: "Adam with decoupled weight decay",
        paper: "Loshchilov and Hutter 2019, https://arxiv.org/abs/1711.05101",
    };
}

impl AdamW {
    fn adam(&self) -> Adam {
        Adam { betas: self.betas, epsilon: self.epsilon }
    }
}

impl Rule for AdamW {
    fn check(&self) -> Result<()> {
        self.adam().check()?;
        not_negative("decay", self.decay)
    }

    fn build(&self, _shapes: &[Vec<usize>]) -> Box<dyn Optimizer> {
        Box::new(Moments::new(self.adam(), self.decay))
    }
}
