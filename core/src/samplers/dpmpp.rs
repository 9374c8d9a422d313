//! DPM-Solver++: exponential integrators of the data prediction, multistep or singlestep.
//!
//! ```text
//! x' = (σ'/σ) x − α' (e^{−h} − 1) D − ...,   h = λ' − λ
//! ```
//!
//! Lu et al. 2022, Algorithms 1 and 2, <https://arxiv.org/abs/2211.01095>.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::dpm::Method;
use super::exponential::{Predicts, has_order};
use super::multistep::{Last, Second};
use super::{Sampler, Solver};
use crate::Result;
use crate::registry::{About, Member};

/// One evaluation a step. Of order 3, the first and last steps are of lower order, so that the whole converges at order 2.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Dpmpp {
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

impl Default for Dpmpp {
    fn default() -> Self {
        Self { order: 2, method: Method::default(), second: Second::default(), last: Last::default() }
    }
}

impl Member for Dpmpp {
    const ABOUT: About = About {
        summary: "DPM-Solver++, orders 1 to 3, multistep or singlestep, data prediction",
        paper: "Lu et al. 2022, https://arxiv.org/abs/2211.01095",
    };
}

impl Solver for Dpmpp {
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
        self.method.build(Predicts::Data, self.second, self.order, self.last)
    }
}
