//! Residual vector quantisation: each codebook quantises what those before have left.
//!
//! ```text
//! r₀ = z,   r_{l+1} = r_l − e_{k_l},   q = Σ_l e_{k_l}
//! ```
//!
//! Zeghidour et al. 2021, <https://arxiv.org/abs/2107.03312>, Algorithm 1.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::books::Books;
use super::plain::Vq;
use super::{Quantiser, Quantising};
use crate::config::check::{at_least, at_most, under};
use crate::nn::Init;
use crate::registry::{About, Member};
use crate::{Error, Result};

/// Codebooks, one after the other.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ResidualVq {
    /// How many.
    pub depth: usize,
    /// Each of them.
    pub level: Vq,
}

impl Default for ResidualVq {
    fn default() -> Self {
        Self { depth: 4, level: Vq { codes: 256, ..Vq::default() } }
    }
}

impl Member for ResidualVq {
    const ABOUT: About = About {
        summary: "Codebooks, each of what those before have left",
        paper: "Zeghidour et al. 2021, https://arxiv.org/abs/2107.03312",
    };
}

impl Quantising for ResidualVq {
    fn build(&self, dimensions: usize, init: &Init) -> Result<Box<dyn Quantiser>> {
        at_least("depth", self.depth, 1)?;
        at_most("depth", self.depth, 64)?;
        under("level", self.level.check())?;
        if self.depth > 1 && !self.level.matching.adds() {
            let message = format!(
                "what a code leaves of a vector has no length to be measured by: wanted `euclidean`; this is `{}`",
                self.level.matching.name()
            );
            return Err(Error::config("level.matching", message));
        }
        Ok(Box::new(Books::new(&self.level, self.depth, dimensions, init)))
    }

    fn frozen(&self) -> &'static [&'static str] {
        self.level.codebook.frozen()
    }
}
