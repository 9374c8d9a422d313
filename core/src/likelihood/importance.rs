//! Importance sampling with the model's own posterior as proposal: a lower bound that rises to `log p(x)` with the number of samples.
//!
//! ```text
//! log p(x) ≥ E log (1/K) Σ_k p(x | z_k) p(z_k) / q(z_k | x),   z_k drawn from q(z | x)
//! ```
//!
//! Burda et al. 2016, <https://arxiv.org/abs/1509.00519>, Eq. 8 and Theorem 1.

use burn::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Estimation, Method, Process, Query, of_others};
use crate::Result;
use crate::config::check::at_least;
use crate::registry::{About, Member};

/// Importance sampling over latents.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Importance {
    /// `K`, samples of the posterior: 1 estimates the ELBO.
    pub samples: usize,
}

impl Default for Importance {
    fn default() -> Self {
        Self { samples: 100 }
    }
}

impl Member for Importance {
    const ABOUT: About = About {
        summary: "Importance sampling with the posterior as proposal, of variational autoencoders",
        paper: "Burda et al. 2016, https://arxiv.org/abs/1509.00519",
    };
}

impl Method for Importance {
    fn check(&self) -> Result<()> {
        at_least("samples", self.samples, 1)
    }

    fn begin(&self, _process: Process, _rows: Tensor<2>, _query: &Query) -> Result<Box<dyn Estimation>> {
        Err(of_others("importance", "variational autoencoders"))
    }
}
