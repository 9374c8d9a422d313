//! Replacement: after each step, what is known is put back with the noise of that level.
//!
//! Song et al. 2021, Appendix I.2, <https://arxiv.org/abs/2011.13456>. What is drawn agrees with the known part only as far as the next
//! evaluation of the denoiser makes it: it is biased towards what would be drawn without.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Inpainting;
use crate::registry::{About, Member};

/// The known part is put back after each step.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Replace {}

impl Member for Replace {
    const ABOUT: About = About {
        summary: "Puts the known part back after each step",
        paper: "Song et al. 2021, Appendix I.2, https://arxiv.org/abs/2011.13456",
    };
}

impl Inpainting for Replace {}
