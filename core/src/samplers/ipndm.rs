//! iPNDM: Adams and Bashforth's mean of the last noise predictions, with as many of them as there are yet.
//!
//! ```text
//! ē = e_i;  (3 e_i − e_{i−1})/2;  (23 e_i − 16 e_{i−1} + 5 e_{i−2})/12;  (55 e_i − 59 e_{i−1} + 37 e_{i−2} − 9 e_{i−3})/24
//! x ← α' (x − σ ē)/α + σ' ē
//! ```
//!
//! Zhang and Chen 2023, appendix H, <https://arxiv.org/abs/2204.13902>, after Liu et al. 2022, <https://arxiv.org/abs/2202.09778>; the
//! same as diffusers' `IPNDMScheduler`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::exponential::has_order;
use super::past::Past;
use super::{Level, Sampler, Solver, Vector, Walk, adams_bashforth};
use crate::Result;
use crate::registry::{About, Member};

/// One evaluation a step; second order from two predictions on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Ipndm {
    /// How many predictions are used, 1 to 4.
    #[schemars(range(min = 1, max = 4))]
    pub order: usize,
}

impl Default for Ipndm {
    fn default() -> Self {
        Self { order: 4 }
    }
}

impl Member for Ipndm {
    const ABOUT: About = About {
        summary: "iPNDM, linear multistep on the noise, up to four predictions",
        paper: "Zhang and Chen 2023, https://arxiv.org/abs/2204.13902; Liu et al. 2022, https://arxiv.org/abs/2202.09778",
    };
}

impl Solver for Ipndm {
    fn order(&self) -> u32 {
        self.order.min(2) as u32
    }
    fn memory(&self) -> usize {
        self.order.saturating_sub(1)
    }
    fn check(&self) -> Result<()> {
        has_order("order", self.order, [1, 4])
    }
    fn build(&self) -> Box<dyn Sampler> {
        Box::new(Multistep { order: self.order, past: Past::default() })
    }
}

/// Remembers predictions, newest first.
struct Multistep {
    order: usize,
    past: Past,
}

impl Sampler for Multistep {
    fn step(&mut self, walk: &Walk, x: Vector, from: Level, to: Level) -> Result<Vector> {
        let denoised = walk.denoise(&x, from);
        let weights = adams_bashforth::weights(self.past.len(), [from, to]);
        Ok(self.past.step([x, denoised], weights, self.order - 1, [from, to]))
    }

    fn kept(&self) -> usize {
        self.past.len()
    }
}
