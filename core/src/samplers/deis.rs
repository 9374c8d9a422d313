//! DEIS: the noise prediction as a polynomial in `ln ρ`, `ρ = σ/α`, integrated exactly.
//!
//! ```text
//! x'/α' = x/α + Σ_i C_i n̂_i,   C_i = ∫_ρ^ρ' Π_{j≠i} (ln r − ln ρ_j)/(ln ρ_i − ln ρ_j) dr,   n̂ = (x − α D)/σ
//! ```
//!
//! Zhang and Chen 2023, log-ρ Adams-Bashforth DEIS, <https://arxiv.org/abs/2204.13902>. As `ln ρ = −λ`, it is the multistep
//! exponential integrator of the noise prediction with exact weights. A step into data is of order 1; the original ends before.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::exponential::{Predicts, has_order};
use super::multistep::{Last, Multistep, Rule};
use super::{Sampler, Solver};
use crate::Result;
use crate::registry::{About, Member};

/// One evaluation a step. Of order 3, the first steps are of lower order, so that the whole converges at order 2.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Deis {
    /// 1, 2 or 3.
    #[schemars(range(min = 1, max = 3))]
    pub order: usize,
    /// What the last steps do.
    pub last: Last,
}

impl Default for Deis {
    fn default() -> Self {
        Self { order: 2, last: Last::default() }
    }
}

impl Member for Deis {
    const ABOUT: About = About {
        summary: "DEIS, orders 1 to 3, multistep, polynomials in the logarithm of the noise level",
        paper: "Zhang and Chen 2023, https://arxiv.org/abs/2204.13902",
    };
}

impl Solver for Deis {
    fn order(&self) -> u32 {
        self.order.min(2) as u32
    }
    fn memory(&self) -> usize {
        self.order - 1
    }
    fn check(&self) -> Result<()> {
        has_order("order", self.order, [1, 3])
    }
    fn build(&self) -> Box<dyn Sampler> {
        Box::new(Multistep::new(Predicts::Noise, Rule::Exact, self.order, self.last))
    }
}
