//! Masked diffusion: the bound in continuous time, a weighted cross entropy of what is masked.
//!
//! ```text
//! L = E_{t ~ U(0, 1)} −α'(t)/(1 − α(t)) Σ_{i masked} −ln p(x_0ⁱ|x_t)
//! ```
//!
//! Sahoo et al. 2024, Eq. 10 and 11, <https://arxiv.org/abs/2406.07524> (MDLM); the same of Shi et al. 2024, <https://arxiv.org/abs/2406.04329>. Its
//! value does not depend on the schedule.

use burn::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Guess, Objective};
use crate::discrete::corruption::CorruptionConfig;
use crate::discrete::process::Process;
use crate::registry::{About, Member};
use crate::{Error, Result};

/// The earliest time that is learnt at, as in the paper's code: hardly a token is masked before, and it weighs too much.
const EARLIEST: f64 = 1e-3;

/// Cross entropy of masked tokens, in continuous time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Masked {}

impl Member for Masked {
    const ABOUT: About = About {
        summary: "Weighted cross entropy of masked tokens: the bound in continuous time (MDLM)",
        paper: "Sahoo et al. 2024, https://arxiv.org/abs/2406.07524; Shi et al. 2024, https://arxiv.org/abs/2406.04329",
    };
}

impl Objective for Masked {
    fn check(&self, corruption: &CorruptionConfig) -> Result<()> {
        if matches!(corruption, CorruptionConfig::Absorbing(_)) {
            return Ok(());
        }
        let name = corruption.name();
        let message = format!("`masked` needs the corruption `absorbing`, this is `{name}`; take `hybrid`");
        Err(Error::config("objective", message))
    }

    fn time(&self, u: f64) -> f64 {
        u
    }

    fn learning_time(&self, u: f64) -> f64 {
        EARLIEST + (1.0 - EARLIEST) * u
    }

    fn cost(&self, process: &Process, guess: &Guess) -> Tensor<2> {
        let schedule = &process.schedule;
        let weight = |t: f64| -schedule.derivative(t) / (1.0 - schedule.alpha(t)).max(f64::EPSILON);
        let known = guess.x_t.clone().not_equal_elem(process.vocabulary as f64);
        guess.cross_entropy().mask_fill(known, 0.0) * Process::weights(&guess.times, &guess.log_x0, weight)
    }
}
