//! Inverse autoregressive flow: each number is moved by what the numbers before it say, all at once.
//!
//! ```text
//! [m, s] = made(z; h),   z ← σ(s) z + (1 − σ(s)) m,   ln |∂z'/∂z| = Σ ln σ(s)
//! ```
//!
//! Kingma et al. 2016, <https://arxiv.org/abs/1606.04934>, Algorithm 1 and Eq. 13 and 14; the order is reversed from step to step. `s` begins
//! about 2, as their section 4 asks: at first little is moved.

use burn::prelude::*;
use burn::tensor::activation::{log_sigmoid, sigmoid};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::masked::Masked;
use super::{Inference, Posterior, context};
use crate::Result;
use crate::config::check::at_least;
use crate::nn::Init;
use crate::registry::{About, Member};

/// Inverse autoregressive flow.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Iaf {
    /// Autoregressive steps.
    pub steps: usize,
    /// Hidden units of each step's network.
    pub hidden: usize,
    /// Numbers of the context that the encoder gives for each number of a latent.
    pub context: usize,
}

impl Default for Iaf {
    fn default() -> Self {
        Self { steps: 4, hidden: 320, context: 1 }
    }
}

impl Member for Iaf {
    const ABOUT: About = About {
        summary: "Inverse autoregressive flow, told a context by the encoder",
        paper: "Kingma et al. 2016, https://arxiv.org/abs/1606.04934",
    };
}

impl Posterior for Iaf {
    fn check(&self) -> Result<()> {
        at_least("steps", self.steps, 1)?;
        at_least("hidden", self.hidden, 1)?;
        at_least("context", self.context, 1)
    }

    fn context(&self) -> usize {
        self.context
    }

    fn build(&self, latents: usize, init: &Init) -> Box<dyn Inference> {
        let sizes = [latents, self.context * latents, self.hidden, 2];
        let step = |i: usize| Masked::new(sizes, &init.at("steps").at(i));
        Box::new(Steps { steps: (0..self.steps).map(step).collect(), latents })
    }
}

#[derive(Module, Debug)]
struct Steps {
    steps: Vec<Masked>,
    latents: usize,
}

/// Where `s` begins.
const OPEN: f64 = 2.0;

impl Inference for Steps {
    fn flow(&self, z: Tensor<2>, said: &Tensor<2>) -> (Tensor<2>, Tensor<2>) {
        let told = context(said, self.latents);
        let start = (z.clone(), z.zeros_like().sum_dim(1));
        self.steps.iter().enumerate().fold(start, |(z, log), (i, step)| {
            let z = if i > 0 { z.flip([1]) } else { z };
            let moved = step.forward(z.clone(), told.clone());
            let (m, s) = (moved[0].clone(), moved[1].clone() + OPEN);
            let gate = sigmoid(s.clone());
            let z = gate.clone() * z + (gate.neg() + 1.0) * m;
            (z, log + log_sigmoid(s).sum_dim(1))
        })
    }
}
