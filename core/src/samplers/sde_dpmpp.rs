//! SDE-DPM-Solver++: the multistep integrator of the reverse SDE, with fresh noise each step.
//!
//! ```text
//! x' = e^{−h} (σ'/σ) x + α' (1 − e^{−2h}) (D + D_1/2) + σ' sqrt(1 − e^{−2h}) n,   D_1 = (D − D_last) h/h_last
//! ```
//!
//! Lu et al. 2022, Eq. 18 and appendix, <https://arxiv.org/abs/2211.01095>.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::exponential::{Predicts, has_order};
use super::multistep::{Last, Multistep, Noisy, Rule, Second, Source};
use super::{Sampler, Solver};
use crate::Result;
use crate::registry::{About, Member};

/// Stochastic, one evaluation a step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SdeDpmpp {
    /// 1 or 2.
    #[schemars(range(min = 1, max = 2))]
    pub order: usize,
    /// How the second-order term is weighted.
    pub second: Second,
    /// What the last steps do.
    pub last: Last,
}

impl Default for SdeDpmpp {
    fn default() -> Self {
        Self { order: 2, second: Second::default(), last: Last::default() }
    }
}

impl Member for SdeDpmpp {
    const ABOUT: About = About {
        summary: "SDE-DPM-Solver++, orders 1 and 2, multistep",
        paper: "Lu et al. 2022, https://arxiv.org/abs/2211.01095",
    };
}

impl Solver for SdeDpmpp {
    fn order(&self) -> u32 {
        self.order as u32
    }
    fn stochastic(&self) -> bool {
        true
    }
    fn memory(&self) -> usize {
        self.order - 1
    }
    fn check(&self) -> Result<()> {
        has_order("order", self.order, [1, 2])
    }
    fn build(&self) -> Box<dyn Sampler> {
        let ode = Multistep::new(Predicts::Data, Rule::Published(self.second), self.order, self.last);
        Box::new(Noisy { ode, tau2: 1.0, s_noise: 1.0, source: Source::Fresh })
    }
}
