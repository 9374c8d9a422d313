//! The U-Net of diffusion models: residual blocks down, through the middle and up again, with skips across.
//!
//! Ronneberger et al. 2015, <https://arxiv.org/abs/1505.04597>; Ho et al. 2020, <https://arxiv.org/abs/2006.11239>;
//! adaptive group normalisation of Dhariwal and Nichol 2021, <https://arxiv.org/abs/2105.05233>. With `patch: 2` the picture
//! is folded to half its height and width with four times the channels first (Hoogeboom et al. 2023,
//! <https://arxiv.org/abs/2301.11093>, section 3.2), which costs little quality and a quarter of the time. With `context` it also
//! looks at a sequence of tokens, such as a text's, by cross-attention (Rombach et al. 2022, <https://arxiv.org/abs/2112.10752>,
//! section 3.3), or at the class, where it is given no such sequence.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Architecture, Init, Interface, Network};
use crate::registry::{About, Member};
use crate::{Error, Result};

mod context;
mod network;
mod plan;
mod stage;

pub use context::ContextConfig;
use network::Unet;
pub(super) use plan::{Axes, Plan};

/// A U-Net for pictures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct UnetConfig {
    /// Channels at the highest resolution.
    pub channels: usize,
    /// Channels of each level, as multiples; each level halves the height and width of the one before.
    pub multipliers: Vec<usize>,
    /// Residual blocks a level, on the way down (one more on the way up).
    pub blocks: usize,
    /// Heights of levels, after folding, at which there is self-attention, and cross-attention where there is a context.
    pub attention: Vec<usize>,
    /// Channels of an attention head.
    pub head: usize,
    /// Width of the embedding of noise level and class.
    pub embedding: usize,
    /// Groups of the group normalisations; must divide each level's channels.
    pub groups: usize,
    /// Probability of dropping an activation while training.
    pub dropout: f64,
    /// Fold squares of this side into channels first.
    pub patch: usize,
    /// Cross-attention to a context, or to the class where the model is given no context; null for none.
    pub context: Option<ContextConfig>,
}

impl Default for UnetConfig {
    fn default() -> Self {
        Self {
            channels: 64,
            multipliers: vec![1, 2, 2],
            blocks: 2,
            attention: vec![],
            head: 32,
            embedding: 256,
            groups: 8,
            dropout: 0.0,
            patch: 1,
            context: None,
        }
    }
}

impl Member for UnetConfig {
    const ABOUT: About = About {
        summary: "U-Net with residual blocks, attention, adaptive group normalisation, and cross-attention to a context",
        paper: "Ho et al. 2020, https://arxiv.org/abs/2006.11239; Dhariwal and Nichol 2021, https://arxiv.org/abs/2105.05233; \
                Rombach et al. 2022, https://arxiv.org/abs/2112.10752",
    };
}

impl Architecture for UnetConfig {
    fn build(&self, interface: &Interface, init: &Init) -> Result<Box<dyn Network>> {
        let &[channels, height, width] = interface.shape.as_slice() else {
            let shape = &interface.shape;
            return Err(Error::config(
                ".",
                format!("a unet takes pictures [channels, height, width], not {shape:?}"),
            ));
        };
        let size = [channels, height, width];
        Plan { config: self, interface, size, axes: Axes::Plane, kernel: 3 }.build(init)
    }
}

#[cfg(test)]
mod tests;
