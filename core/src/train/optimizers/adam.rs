//! Adam.
//!
//! ```text
//! m ← β₁ m + (1 − β₁) g,   v ← β₂ v + (1 − β₂) g²,   θ ← θ − η m̂ / (sqrt(v̂) + ε)
//! ```
//!
//! Kingma and Ba 2015, Algorithm 1, <https://arxiv.org/abs/1412.6980>.

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

/// Adam's state, with the decoupled decay of AdamW.
pub(super) struct Moments {
    config: Adam,
    decay: f64,
    steps: u64,
    means: Option<[Tensor<1>; 2]>,
}

impl Moments {
    pub(super) fn new(config: Adam, decay: f64) -> Self {
        Self { config, decay, steps: 0, means: None }
    }
}

impl Optimizer for Moments {
    fn step(&mut self, rate: f64, parameters: Tensor<1>, gradient: Tensor<1>) -> Tensor<1> {
        let [beta1, beta2] = self.config.betas;
        let [m, v] = self.means.take().unwrap_or_else(|| [gradient.zeros_like(), gradient.zeros_like()]);
        let m = m * beta1 + gradient.clone() * (1.0 - beta1);
        let v = v * beta2 + gradient.square() * (1.0 - beta2);
        self.steps += 1;
        let correct1 = 1.0 - beta1.powf(self.steps as f64);
        let correct2 = 1.0 - beta2.powf(self.steps as f64);
        let root = (v.clone() / correct2).sqrt() + self.config.epsilon;
        let update = m.clone() / root * (rate / correct1);
        self.means = Some([m, v]);
        parameters * (1.0 - rate * self.decay) - update
    }

    fn state(&self) -> Vec<(&'static str, Tensor<1>)> {
        self.means.iter().flat_map(|[m, v]| [("m", m.clone()), ("v", v.clone())]).collect()
    }

    fn restore(&mut self, steps: u64, state: Vec<Tensor<1>>) {
        self.steps = steps;
        self.means = <[Tensor<1>; 2]>::try_from(state).ok();
    }

    fn names(&self) -> &'static [&'static str] {
        &["m", "v"]
    }
}
