//! Another grid that ends at its last level instead of in data.
//!
//! The last step leads from that level to itself: nothing but what a corrector still has to say. It is the end of diffusers' DEIS,
//! SA-Solver, UniPC and EDM schedulers where they repeat their last level.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{GridConfig, Karras, Spacing, Span};
use crate::Result;
use crate::config::check::under;
use crate::registry::{About, Member};

/// Another grid, without its step into data.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Stop {
    /// The grid whose last level is the end.
    pub base: Box<GridConfig>,
}

impl Default for Stop {
    fn default() -> Self {
        Self { base: Box::new(GridConfig::Karras(Karras::default())) }
    }
}

impl Member for Stop {
    const ABOUT: About =
        About { summary: "Another grid that ends at its last level instead of in data", paper: "-" };
}

impl Spacing for Stop {
    fn times(&self, span: &Span) -> Result<Vec<f64>> {
        self.base.times(span)
    }

    fn end(&self, span: &Span) -> Result<f64> {
        Ok(self.base.times(span)?.last().copied().unwrap_or(0.0))
    }

    fn check(&self) -> Result<()> {
        under("base", self.base.check())
    }
}
