//! Align Your Steps: noise levels optimised for Stable Diffusion 1.5, XL and Stable Video Diffusion in ten steps.
//!
//! Sabour et al. 2024, <https://arxiv.org/abs/2404.14507>; the tables of
//! <https://research.nvidia.com/labs/toronto-ai/AlignYourSteps/howto.html> and of diffusers' `AysSchedules`. Other numbers of steps
//! interpolate the logarithm of the noise level, as the authors recommend. They cover the range of their model, not the one asked for;
//! for a model of one's own, see [`super::fit()`].

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::table::log_linear;
use super::{Spacing, Span};
use crate::Result;
use crate::registry::{About, Member};

/// Which model's levels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AysTable {
    /// Stable Diffusion 1.5.
    #[default]
    Sd15,
    /// Stable Diffusion XL.
    Sdxl,
    /// Stable Video Diffusion.
    Svd,
}

impl AysTable {
    /// Ten steps' levels, and the least, at which data takes over.
    pub fn levels(self) -> [f64; 11] {
        match self {
            Self::Sd15 => [14.615, 6.475, 3.861, 2.697, 1.886, 1.396, 0.963, 0.652, 0.399, 0.152, 0.029],
            Self::Sdxl => [14.615, 6.315, 3.771, 2.181, 1.342, 0.862, 0.555, 0.380, 0.234, 0.113, 0.029],
            Self::Svd => [700.0, 54.5, 15.886, 7.977, 4.248, 1.789, 0.981, 0.403, 0.173, 0.034, 0.002],
        }
    }
}

/// Published levels, optimised for a model.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Ays {
    /// Which model's.
    pub table: AysTable,
}

impl Member for Ays {
    const ABOUT: About = About {
        summary: "Levels optimised for published models (Align Your Steps)",
        paper: "Sabour et al. 2024, https://arxiv.org/abs/2404.14507",
    };
}

impl Spacing for Ays {
    fn times(&self, span: &Span) -> Result<Vec<f64>> {
        let mut levels = log_linear(&self.table.levels(), span.steps + 1);
        levels.pop();
        Ok(span.times(levels))
    }
}
