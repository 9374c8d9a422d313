//! Diffusion posterior sampling: the gradient of what does not fit the known part, through the network.
//!
//! Chung et al. 2023, <https://arxiv.org/abs/2209.14687>; the formula is [`Pulled`](crate::editing::Pulled)'s.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Inpainting;
use crate::Result;
use crate::config::check::{not_negative, positive};
use crate::registry::{About, Member};

/// The pull of a measurement.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Dps {
    /// `ζ`: how hard to pull; 1 is Bayes' rule.
    pub strength: f64,
    /// `σ_y`: standard deviation of the measurement's own noise.
    pub noise: f64,
}

impl Default for Dps {
    fn default() -> Self {
        Self { strength: 1.0, noise: 0.0 }
    }
}

impl Member for Dps {
    const ABOUT: About = About {
        summary: "Diffusion posterior sampling: the gradient of the misfit, through the network",
        paper: "Chung et al. 2023, https://arxiv.org/abs/2209.14687",
    };
}

impl Inpainting for Dps {
    fn pull(&self) -> Option<&Dps> {
        Some(self)
    }

    fn check(&self) -> Result<()> {
        positive("strength", self.strength)?;
        not_negative("noise", self.noise)
    }
}
