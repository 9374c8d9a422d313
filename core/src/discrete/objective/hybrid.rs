//! D3PM: the bound of a chain of `T` steps, and a share of cross entropy beside it.
//!
//! ```text
//! L_vb = Σ_{t=1}^T E KL(q(x_{t−1}|x_t, x_0) ‖ p(x_{t−1}|x_t)),   L = L_vb + λ Σ_t E[−ln p(x_0|x_t)]
//! ```
//!
//! Austin et al. 2021, Eq. 1 and 5, <https://arxiv.org/abs/2107.03006>, with a step drawn for each sample, as their code does it. The term of
//! `t = 1` is the reconstruction `−ln p(x_0|x_1)`, and there is none for the prior, as nothing is left of the data at `T`.

use burn::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Guess, Objective};
use crate::Result;
use crate::config::check::{not_negative, within};
use crate::discrete::corruption::{CorruptionConfig, certain};
use crate::discrete::process::Process;
use crate::registry::{About, Member};

/// The bound in discrete time with a cross entropy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Hybrid {
    /// `T`.
    pub steps: usize,
    /// `λ`.
    pub cross_entropy: f64,
}

impl Default for Hybrid {
    fn default() -> Self {
        Self { steps: 1000, cross_entropy: 0.001 }
    }
}

impl Member for Hybrid {
    const ABOUT: About = About {
        summary: "The bound in discrete time with a share of cross entropy (D3PM)",
        paper: "Austin et al. 2021, https://arxiv.org/abs/2107.03006",
    };
}

impl Objective for Hybrid {
    fn check(&self, _corruption: &CorruptionConfig) -> Result<()> {
        within("objective.steps", self.steps as f64, 1.0, 1e6)?;
        not_negative("objective.cross_entropy", self.cross_entropy)
    }

    fn time(&self, u: f64) -> f64 {
        let steps = self.steps as f64;
        libm::ceil(u * steps).clamp(1.0, steps) / steps
    }

    fn cost(&self, process: &Process, guess: &Guess) -> Tensor<2> {
        let length = 1.0 / self.steps as f64;
        let earlier: Vec<f64> = guess.times.iter().map(|t| (t - length).max(0.0)).collect();
        let back = |log_x0| process.reverse(log_x0, &guess.x_t, [&guess.times, &earlier]);
        let truth = back(certain(&guess.x0, process.vocabulary, &guess.log_x0));
        let model = back(guess.log_x0.clone());
        let divergence = (truth.clone().exp() * (truth - model)).sum_dim(2); // [B, L, 1]
        divergence.reshape(guess.x0.dims()) * self.steps as f64
    }

    fn loss(&self, process: &Process, guess: &Guess) -> Tensor<2> {
        self.cost(process, guess) + guess.cross_entropy() * (self.cross_entropy * self.steps as f64)
    }
}
