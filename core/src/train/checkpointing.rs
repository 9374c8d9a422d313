//! Activation checkpointing: what the backward pass remembers of the forward pass, and what it computes again.
//!
//! Chen et al. 2016, "Training Deep Nets with Sublinear Memory Cost", <https://arxiv.org/abs/1604.06174>. Burn marks its operations: the
//! results of those that cost much (matrix products, convolutions) are kept, those of cheap ones (sums, products, activations) are
//! computed again from what was kept. The gradients are the same numbers.

use burn::prelude::Device;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the backward pass remembers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Checkpointing {
    /// All that it needs.
    #[default]
    None,
    /// What was dear to compute; the rest is computed again.
    Balanced,
}

impl Checkpointing {
    /// The device, computing gradients so.
    pub(super) fn differentiating(self, device: &Device) -> Device {
        let device = device.clone().inner().autodiff();
        match self {
            Self::None => device,
            Self::Balanced => device.gradient_checkpointing(),
        }
    }
}
