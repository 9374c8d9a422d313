//! A flow: latents that affine couplings make normal.
//!
//! ```text
//! p(z) = N(f(z); 0, 1) |∂f/∂z|,   f = couplings of one half of the numbers, then of the other
//! ```
//!
//! Chen et al. 2017, <https://arxiv.org/abs/1611.02731>, section 3.2, with the couplings of Dinh et al. 2017,
//! <https://arxiv.org/abs/1605.08803>, in place of an autoregressive flow: sampling takes one pass too. Begins as the standard normal.

use burn::prelude::*;
use kiln_kernels::coupling::{BOUND, forward, inverse};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::normal::Standard;
use super::{Encode, Prior, PriorDensity};
use crate::config::check::at_least;
use crate::nn::{Activation, Init, Linear};
use crate::random::Purpose;
use crate::registry::{About, Member};
use crate::samplers::Noise;
use crate::{Error, Result};

/// A flow of affine couplings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct FlowPrior {
    /// Couplings.
    pub steps: usize,
    /// Hidden units of each coupling's network of two hidden layers.
    pub hidden: usize,
}

impl Default for FlowPrior {
    fn default() -> Self {
        Self { steps: 6, hidden: 128 }
    }
}

impl Member for FlowPrior {
    const ABOUT: About = About {
        summary: "A normalising flow of affine couplings",
        paper: "Chen et al. 2017, https://arxiv.org/abs/1611.02731; Dinh et al. 2017, https://arxiv.org/abs/1605.08803",
    };
}

impl Prior for FlowPrior {
    fn check(&self) -> Result<()> {
        at_least("steps", self.steps, 1)?;
        at_least("hidden", self.hidden, 1)
    }

    fn check_latents(&self, latents: usize) -> Result<()> {
        if latents > 1 {
            return Ok(());
        }
        Err(Error::config(
            ".",
            "a coupling moves some numbers by others: wanted latents of 2 numbers or more",
        ))
    }

    fn build(&self, latents: usize, _features: usize, init: &Init) -> Box<dyn PriorDensity> {
        let half = latents / 2;
        // Each in turn: what is moved, and what it is moved by.
        let sizes =
            |i: usize| if i.is_multiple_of(2) { [half, latents - half] } else { [latents - half, half] };
        let step = |i: usize| Coupling::new(sizes(i), self.hidden, &init.at("steps").at(i));
        Box::new(Flow { steps: (0..self.steps).map(step).collect(), latents })
    }
}

/// The network of a coupling.
#[derive(Module, Debug)]
struct Coupling {
    layers: Vec<Linear>,
}

impl Coupling {
    fn new([moved, by]: [usize; 2], hidden: usize, init: &Init) -> Self {
        let layers = vec![
            Linear::new(by, hidden, &init.at("layers.0")),
            Linear::new(hidden, hidden, &init.at("layers.1")),
            Linear::zero(hidden, 2 * moved, &init.at("layers.2")),
        ];
        Self { layers }
    }

    fn says(&self, by: Tensor<2>) -> Tensor<2> {
        let first = self.layers[0].forward(by);
        self.layers[1..].iter().fold(first, |h, layer| layer.forward(Activation::Silu.apply(h)))
    }
}

#[derive(Module, Debug)]
struct Flow {
    steps: Vec<Coupling>,
    latents: usize,
}

/// The two halves, that which even steps move first.
fn halves(z: &Tensor<2>, latents: usize) -> [Tensor<2>; 2] {
    let half = latents / 2;
    [z.clone().narrow(1, 0, half), z.clone().narrow(1, half, latents - half)]
}

impl PriorDensity for Flow {
    fn log_density(&self, z: Tensor<2>, encode: &Encode) -> Tensor<2> {
        let mut halves = halves(&z, self.latents);
        let mut log = z.zeros_like().sum_dim(1);
        for (i, step) in self.steps.iter().enumerate() {
            let (moved, by) = (i % 2, 1 - i % 2);
            let said = step.says(halves[by].clone());
            let [next, slope] = forward(halves[moved].clone(), said, BOUND);
            halves[moved] = next;
            log = log + slope;
        }
        let standard = Standard { latents: self.latents };
        standard.log_density(Tensor::cat(halves.to_vec(), 1), encode) + log
    }

    fn sample(&self, noise: &Noise, draw: u32, _encode: &Encode) -> Tensor<2> {
        let mut halves = halves(&noise.draw(Purpose::Noise, draw), self.latents);
        for (i, step) in self.steps.iter().enumerate().rev() {
            let (moved, by) = (i % 2, 1 - i % 2);
            let [next, _] = inverse(halves[moved].clone(), step.says(halves[by].clone()), BOUND);
            halves[moved] = next;
        }
        Tensor::cat(halves.to_vec(), 1)
    }
}
