//! DPM-Solver++(2M): the exponential integrator in `λ = ln(α/σ)` with the last two predictions.
//!
//! ```text
//! h = λ' − λ,  r = h_last / h,  D = (1 + 1/2r) ŷ − 1/2r ŷ_last,   x ← (σ'/σ) x − α' (e^{−h} − 1) D
//! ```
//!
//! Lu et al. 2022, Algorithm 2, <https://arxiv.org/abs/2211.01095>.

use burn::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Level, Sampler, Solver, Walk};
use crate::Result;
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
        Box::new(Multistep { last: None })
    }
}

/// Remembers the prediction before and the step that led from it.
struct Multistep {
    last: Option<(Tensor<2>, f64)>,
}

impl Sampler for Multistep {
    fn step(&mut self, walk: &Walk, x: Tensor<2>, from: Level, to: Level) -> Result<Tensor<2>> {
        let denoised = walk.denoise(&x, from);
        if to.sigma == 0.0 {
            return Ok(denoised * to.alpha);
        }
        let h = to.log_snr() - from.log_snr();
        let direction = match self.last.take() {
            Some((last, h_last)) => {
                let r = h_last / h;
                denoised.clone() * (1.0 + 1.0 / (2.0 * r)) - last * (1.0 / (2.0 * r))
            }
            None => denoised.clone(),
        };
        self.last = Some((denoised, h));
        Ok(x * (to.sigma / from.sigma) - direction * (to.alpha * (-h).exp_m1()))
    }

    fn kept(&self) -> usize {
        usize::from(self.last.is_some())
    }
}
