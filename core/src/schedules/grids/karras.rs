//! `σ_i = (σ_max^{1/ρ} + i/(N−1) (σ_min^{1/ρ} − σ_max^{1/ρ}))^ρ`.
//!
//! Karras et al. 2022, Eq. 5, <https://arxiv.org/abs/2206.00364>.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Spacing, Span};
use crate::Result;
use crate::config::check::positive;
use crate::registry::{About, Member};

/// Equal steps in `σ^{1/ρ}`: dense where there is little noise.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Karras {
    /// The exponent; 7 in the paper.
    pub rho: f64,
}

impl Default for Karras {
    fn default() -> Self {
        Self { rho: 7.0 }
    }
}

impl Member for Karras {
    const ABOUT: About = About {
        summary: "Equal steps in the ρ-th root of the noise level",
        paper: "Karras et al. 2022, Eq. 5, https://arxiv.org/abs/2206.00364",
    };
}

impl Spacing for Karras {
    fn times(&self, span: &Span) -> Result<Vec<f64>> {
        let [bottom, top] = span.range.map(|ratio| ratio.powf(1.0 / self.rho));
        Ok(span.times(span.places().map(|place| (top + place * (bottom - top)).powf(self.rho))))
    }

    fn check(&self) -> Result<()> {
        positive("rho", self.rho)
    }
}
