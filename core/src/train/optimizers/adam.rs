//! Adam.
//!
//! ```text
//! m ← β₁ m + (1 − β₁) g,   v ← β₂ v + (1 − β₂) g²,   θ ← θ − η m̂ / (sqrt(v̂) + ε)
//! c ← β c + (1 − β) = 1 − βᵗ,   m̂ = m/c₁,   v̂ = v/c₂
//! ```
//!
//! Kingma and Ba 2015, Algorithm 1, <https://arxiv.org/abs/1412.6980>. The sums `c` of the weights in `m` and `v` lie beside them on the
//! device: where a step in half precision is not taken, nobody but the device knows it.

use burn::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Optimizer, Rule};
use crate::Result;
use crate::config::check::{positive, within};
use crate::registry::{About, Member};

/// Adam with the paper's values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Adam {
    /// Decay of the mean and of the mean square.
    pub betas: [f64; 2],
    /// Added to the root of the mean square.
    pub epsilon: f64,
}

impl Default for Adam {
    fn default() -> Self {
        Self { betas: [0.9, 0.999], epsilon: 1e-8 }
    }
}

impl Member for Adam {
    const ABOUT: About =
        About { summary: "Adam", paper: "Kingma and Ba 2015, https://arxiv.org/abs/1412.6980" };
}

impl Rule for Adam {
    fn check(&self) -> Result<()> {
        within("betas.0", self.betas[0], 0.0, 1.0 - 1e-9)?;
        within("betas.1", self.betas[1], 0.0, 1.0 - 1e-9)?;
        positive("epsilon", self.epsilon)
    }

    fn build(&self, _shapes: &[Vec<usize>]) -> Box<dyn Optimizer> {
        Box::new(Moments::new(self.clone(), 0.0))
    }
}

/// What a checkpoint calls its state.
const NAMES: [&str; 4] = ["m", "v", "m_sum", "v_sum"];

/// Adam's state, with the decoupled decay of AdamW.
pub(super) struct Moments {
    config: Adam,
    decay: f64,
    /// `m`, `v`, `c₁`, `c₂`.
    memory: Option<[Tensor<1>; 4]>,
}

impl Moments {
    pub(super) fn new(config: Adam, decay: f64) -> Self {
        Self { config, decay, memory: None }
    }
}

impl Optimizer for Moments {
    fn step(&mut self, rate: f64, parameters: Tensor<1>, gradient: Tensor<1>) -> Tensor<1> {
        let [beta1, beta2] = self.config.betas;
        let [m, v, c1, c2] = self.memory.take().unwrap_or_else(|| zeros(&gradient));
        let m = m * beta1 + gradient.clone() * (1.0 - beta1);
        let v = v * beta2 + gradient.square() * (1.0 - beta2);
        let c1 = c1 * beta1 + (1.0 - beta1);
        let c2 = c2 * beta2 + (1.0 - beta2);
        let root = (v.clone() * c2.clone().recip()).sqrt() + self.config.epsilon;
        let update = m.clone() * (c1.clone().recip() * rate) / root;
        self.memory = Some([m, v, c1, c2]);
        parameters * (1.0 - rate * self.decay) - update
    }

    fn state(&self) -> Vec<(&'static str, Tensor<1>)> {
        self.memory.iter().flat_map(|memory| NAMES.into_iter().zip(memory.iter().cloned())).collect()
    }

    fn restore(&mut self, steps: u64, mut state: Vec<Tensor<1>>) {
        // Checkpoints of before hold `m` and `v` alone.
        if let [m, _] = &state[..] {
            let device = m.device();
            let sums = self.config.betas.map(|beta| 1.0 - beta.powf(steps as f64));
            state.extend(sums.map(|sum| Tensor::full([1], sum, &device)));
        }
        self.memory = state.try_into().ok();
    }

    fn memory(&self, parameters: usize) -> Vec<(&'static str, usize)> {
        NAMES.into_iter().zip([parameters, parameters, 1, 1]).collect()
    }
}

/// What is remembered before the first step.
fn zeros(gradient: &Tensor<1>) -> [Tensor<1>; 4] {
    let sum = || Tensor::zeros([1], &gradient.device());
    [gradient.zeros_like(), gradient.zeros_like(), sum(), sum()]
}
