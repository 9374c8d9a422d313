//! DPM-Solver: exponential integrators of the noise prediction, multistep or singlestep.
//!
//! ```text
//! x' = (α'/α) x − σ' (e^h − 1) n̂ − ...,   h = λ' − λ,  n̂ = (x − α D)/σ
//! ```
//!
//! Lu et al. 2022, section 3, <https://arxiv.org/abs/2206.00927>; multistep as in Lu et al. 2022b, <https://arxiv.org/abs/2211.01095>. A step
//! into data is of order 1; the original ends before.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::exponential::{Predicts, has_order};
use super::multistep::{Last, Multistep, Rule, Second};
use super::singlestep::Singlestep;
use super::{Sampler, Solver};
use crate::Result;
use crate::registry::{About, Member};

/// How a step of higher order gets its predictions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// From the steps before.
    #[default]
    Multistep,
    /// From within its group of `order` steps.
    Singlestep,
}

impl Method {
    pub(super) fn build(
        self,
        predicts: Predicts,
        second: Second,
        order: usize,
        last: Last,
    ) -> Box<dyn Sampler> {
        match self {
            Self::Multistep => Box::new(Multistep::new(predicts, Rule::Published(second), order, last)),
            Self::Singlestep => Box::new(Singlestep::new(predicts, second, order, last)),
        }
    }

    /// State tensors of a walker of that order.
    pub(super) fn memory(self, order: usize) -> usize {
        match self {
            Self::Multistep => order - 1,
            // The group's beginning, and the predictions since.
            Self::Singlestep if order == 1 => 0,
            Self::Singlestep => order,
        }
    }
}

/// One evaluation a step. Of order 3, the first and last steps are of lower order, so that the whole converges at order 2.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Dpm {
    /// 1, 2 or 3.
    #[schemars(range(min = 1, max = 3))]
    pub order: usize,
    /// From the steps before, or from within groups of `order` steps.
    pub method: Method,
    /// How the second-order term is weighted.
    pub second: Second,
    /// What the last steps do.
    pub last: Last,
}

impl Default for Dpm {
    fn default() -> Self {
        Self { order: 2, method: Method::default(), second: Second::default(), last: Last::default() }
    }
}

impl Member for Dpm {
    const ABOUT: About = About {
        summary: "DPM-Solver, orders 1 to 3, multistep or singlestep, noise prediction",
        paper: "Lu et al. 2022, https://arxiv.org/abs/2206.00927",
    };
}

impl Solver for Dpm {
    fn order(&self) -> u32 {
        self.order.min(2) as u32
    }
    fn memory(&self) -> usize {
        self.method.memory(self.order)
    }
    fn check(&self) -> Result<()> {
        has_order("order", self.order, [1, 3])
    }
    fn build(&self) -> Box<dyn Sampler> {
        self.method.build(Predicts::Noise, self.second, self.order, self.last)
    }
}
