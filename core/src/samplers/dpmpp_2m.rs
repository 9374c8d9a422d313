//! DPM-Solver++(2M): the exponential integrator in `λ = ln(α/σ)` with the last two predictions.
//!
//! ```text
//! h = λ' − λ,  r = h_last / h,  D = (1 + 1/2r) ŷ − 1/2r ŷ_last,   x ← (σ'/σ) x − α' (e^{−h} − 1) D
//! ```
//!
//! Lu et al. 2022, Algorithm 2, <https://arxiv.org/abs/2211.01095>; k-diffusion's `sample_dpmpp_2m`. It is `dpmpp` of order 2 whose order
//! stays until data (`last: full`), under the name by which it is known.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::exponential::Predicts;
use super::multistep::{Last, Multistep, Rule, Second};
use super::{Sampler, Solver};
use crate::registry::{About, Member};

/// Second order, one evaluation a step.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Dpmpp2m {}

impl Member for Dpmpp2m {
    const ABOUT: About = About {
        summary: "DPM-Solver++ 2M, second order, multistep",
        paper: "Lu et al. 2022, Algorithm 2, https://arxiv.org/abs/2211.01095",
    };
}

impl Solver for Dpmpp2m {
    fn order(&self) -> u32 {
        2
    }
    fn memory(&self) -> usize {
        1
    }
    fn build(&self) -> Box<dyn Sampler> {
        let rule = Rule::Published(Second::Midpoint);
        Box::new(Multistep::new(Predicts::Data, rule, 2, Last::Full))
    }
}
