//! The change of variables: what a normalising flow knows at once.
//!
//! Of discrete data, whose mass is an integral over their cells, it knows the density at any point of them, and points drawn from `q` bound
//! the mass from below, the more tightly the more there are:
//!
//! ```text
//! ln P(x) ≥ E ln (1/K) Σ_k p(x + u_k) / q(u_k | x)
//! ```
//!
//! Ho et al. 2019, <https://arxiv.org/abs/1902.00275>, section 3.1 and Appendix A.

use burn::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Estimation, Method, Process, Query, of_others};
use crate::Result;
use crate::config::check::at_least;
use crate::registry::{About, Member};

/// The exact density of a flow.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Exact {
    /// `K`, points in the cell of an example of discrete data; of others one is enough.
    pub draws: usize,
}

impl Default for Exact {
    fn default() -> Self {
        Self { draws: 1 }
    }
}

impl Member for Exact {
    const ABOUT: About = About {
        summary: "Exact density by the change of variables, of flows",
        paper: "Rezende and Mohamed 2015, https://arxiv.org/abs/1505.05770",
    };
}

impl Method for Exact {
    fn check(&self) -> Result<()> {
        at_least("draws", self.draws, 1)
    }

    fn begin(&self, _process: Process, _rows: Tensor<2>, _query: &Query) -> Result<Box<dyn Estimation>> {
        Err(of_others("exact", "normalizing flows"))
    }
}
