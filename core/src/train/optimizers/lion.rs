//! Lion: the sign of a blend of momentum and gradient, every weight by the same length.
//!
//! ```text
//! θ ← (1 − η λ) θ − η sign(β₁ m + (1 − β₁) g),   m ← β₂ m + (1 − β₂) g
//! ```
//!
//! Chen et al. 2023, Algorithm 2, <https://arxiv.org/abs/2302.06675>.

use burn::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Optimizer, Rule};
use crate::Result;
use crate::config::check::{not_negative, within};
use crate::registry::{About, Member};

/// Lion with the paper's values. Wants a rate three to ten times below Adam's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Lion {
    /// Share of the momentum in a step, and its own decay.
    pub betas: [f64; 2],
    /// Decay of the weights, times the learning rate, a step.
    pub decay: f64,
}

impl Default for Lion {
    fn default() -> Self {
        Self { betas: [0.9, 0.99], decay: 0.0 }
    }
}

impl Member for Lion {
    const ABOUT: About = About {
        summary: "Lion: steps of one length, by the sign of the momentum",
        paper: "Chen et al. 2023, https://arxiv.org/abs/2302.06675",
    };
}

impl Rule for Lion {
    fn check(&self) -> Result<()> {
        within("betas.0", self.betas[0], 0.0, 1.0)?;
        within("betas.1", self.betas[1], 0.0, 1.0 - 1e-9)?;
        not_negative("decay", self.decay)
    }

    fn build(&self, _shapes: &[Vec<usize>]) -> Box<dyn Optimizer> {
        Box::new(Signs { config: self.clone(), momentum: None })
    }
}

struct Signs {
    config: Lion,
    momentum: Option<Tensor<1>>,
}

impl Optimizer for Signs {
    fn step(&mut self, rate: f64, parameters: Tensor<1>, gradient: Tensor<1>) -> Tensor<1> {
        let [beta1, beta2] = self.config.betas;
        let m = self.momentum.take().unwrap_or_else(|| gradient.zeros_like());
        let update = (m.clone() * beta1 + gradient.clone() * (1.0 - beta1)).sign();
        self.momentum = Some(m * beta2 + gradient * (1.0 - beta2));
        parameters * (1.0 - rate * self.config.decay) - update * rate
    }

    fn state(&self) -> Vec<(&'static str, Tensor<1>)> {
        self.momentum.iter().map(|momentum| ("m", momentum.clone())).collect()
    }

    fn restore(&mut self, _steps: u64, state: Vec<Tensor<1>>) {
        self.momentum = state.into_iter().next();
    }

    fn memory(&self, parameters: usize) -> Vec<(&'static str, usize)> {
        vec![("m", parameters)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every weight moves by the rate, against the blend's sign: g = 1 then −1 gives −η, then the blend
    /// 0.9 · 0.01 − 0.1 is negative: +η.
    #[test]
    fn steps_have_one_length() {
        let mut optimizer = Lion::default().build(&[]);
        let vector = |v: f32| Tensor::<1>::from_floats([v], &Device::flex());
        let x = optimizer.step(0.1, vector(1.0), vector(1.0));
        assert!((x.clone().into_scalar::<f32>() - 0.9).abs() < 1e-6);
        let x = optimizer.step(0.1, x, vector(-1.0));
        assert!((x.into_scalar::<f32>() - 1.0).abs() < 1e-6);
    }
}
