//! A mixture of Gaussians, all of which are learnt.
//!
//! ```text
//! p(z) = Σ_k π_k N(z; μ_k, s_k²)
//! ```
//!
//! Dilokthanakul et al. 2016, <https://arxiv.org/abs/1611.02648>; the baseline of Tomczak and Welling 2018,
//! <https://arxiv.org/abs/1705.07120>, section 4.

use burn::module::Param;
use burn::prelude::*;
use burn::tensor::activation::log_softmax;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Encode, Prior, PriorDensity, drawn_of};
use crate::Result;
use crate::config::check::at_least;
use crate::latents::Gaussian;
use crate::nn::Init;
use crate::registry::{About, Member};
use crate::samplers::Noise;

/// A mixture of Gaussians.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct GaussianMixture {
    /// How many.
    pub components: usize,
}

impl Default for GaussianMixture {
    fn default() -> Self {
        Self { components: 10 }
    }
}

impl Member for GaussianMixture {
    const ABOUT: About = About {
        summary: "A mixture of Gaussians, with learnt weights, means and variances",
        paper: "Dilokthanakul et al. 2016, https://arxiv.org/abs/1611.02648",
    };
}

impl Prior for GaussianMixture {
    fn check(&self) -> Result<()> {
        at_least("components", self.components, 1)
    }

    fn build(&self, latents: usize, _features: usize, init: &Init) -> Box<dyn PriorDensity> {
        let shape = [self.components, latents];
        Box::new(Mixture {
            logits: init.constant([1, self.components], 0.0),
            mean: init.at("mean").normal(shape, 1.0),
            log_variance: init.constant(shape, 0.0),
        })
    }
}

#[derive(Module, Debug)]
struct Mixture {
    logits: Param<Tensor<2>>,
    mean: Param<Tensor<2>>,
    log_variance: Param<Tensor<2>>,
}

impl Mixture {
    fn components(&self) -> Gaussian {
        Gaussian { mean: self.mean.val(), log_variance: self.log_variance.val().clamp(-20.0, 20.0) }
    }
}

impl PriorDensity for Mixture {
    fn log_density(&self, z: Tensor<2>, _encode: &Encode) -> Tensor<2> {
        self.components().log_mixture(z, log_softmax(self.logits.val(), 1))
    }

    fn sample(&self, noise: &Noise, draw: u32, _encode: &Encode) -> Tensor<2> {
        drawn_of(&self.components(), &log_softmax(self.logits.val(), 1), noise, draw)
    }
}
