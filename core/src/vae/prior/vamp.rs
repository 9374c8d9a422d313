//! The variational mixture of posteriors: what the encoder thinks of samples that are learnt.
//!
//! ```text
//! p(z) = 1/K Σ_k q(z|u_k)
//! ```
//!
//! Tomczak and Welling 2018, <https://arxiv.org/abs/1705.07120>, Eq. 9. The pseudo-inputs `u` begin as the examples of the first batch, over
//! and over with a little noise where there are fewer examples than `u`; they are learnt with the rest.

use burn::module::Param;
use burn::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Encode, Prior, PriorDensity, drawn_of};
use crate::Result;
use crate::config::check::at_least;
use crate::nn::{Init, Parametric};
use crate::registry::{About, Member};
use crate::samplers::Noise;

/// The variational mixture of posteriors.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Vamp {
    /// `K`.
    pub components: usize,
}

impl Default for Vamp {
    fn default() -> Self {
        Self { components: 500 }
    }
}

impl Member for Vamp {
    const ABOUT: About = About {
        summary: "The mixture of the posteriors of learnt samples",
        paper: "Tomczak and Welling 2018, https://arxiv.org/abs/1705.07120",
    };
}

impl Prior for Vamp {
    fn check(&self) -> Result<()> {
        at_least("components", self.components, 1)
    }

    fn meets_the_encoder(&self) -> bool {
        true
    }

    fn build(&self, _latents: usize, features: usize, init: &Init) -> Box<dyn PriorDensity> {
        Box::new(Pseudo { inputs: init.at("inputs").normal([self.components, features], SPREAD) })
    }
}

/// Deviation of the noise that tells pseudo-inputs of one example apart.
const SPREAD: f64 = 0.01;

#[derive(Module, Debug)]
struct Pseudo {
    inputs: Param<Tensor<2>>,
}

impl Pseudo {
    fn log_weights(&self, like: &Tensor<2>) -> Tensor<2> {
        let count = self.inputs.dims()[0];
        Tensor::full([1, count], -(count as f64).ln(), &like.device())
    }
}

impl PriorDensity for Pseudo {
    fn log_density(&self, z: Tensor<2>, encode: &Encode) -> Tensor<2> {
        let weights = self.log_weights(&z);
        encode(self.inputs.val()).log_mixture(z, weights)
    }

    fn sample(&self, noise: &Noise, draw: u32, encode: &Encode) -> Tensor<2> {
        let components = encode(self.inputs.val());
        let weights = self.log_weights(&components.mean);
        drawn_of(&components, &weights, noise, draw)
    }

    fn prepare(&mut self, rows: Tensor<2>) -> bool {
        let (count, examples) = (self.inputs.dims()[0], rows.dims()[0]);
        let over = rows.repeat_dim(0, count.div_ceil(examples)).narrow(0, 0, count);
        let inputs = self.inputs.val().without_autodiff() + over;
        self.set_parameters(&[inputs.reshape([-1])]);
        true
    }
}
