//! Independent normals.
//!
//! ```text
//! ln p(x|z) = Σ ln N(x; μ, σ²),   μ = g(z)
//! ```
//!
//! Kingma and Welling 2014, <https://arxiv.org/abs/1312.6114>, Appendix C.2. A deviation of 1 that is not learnt weighs the square of a
//! difference as little as a mean squared error does; Rybkin et al. 2021, <https://arxiv.org/abs/2006.13202> (σ-VAE), learn one for all
//! numbers. Where the decoder says one for each, it is softly bounded from below, as theirs is: `ln σ = softplus(r + 6) − 6`.

use burn::module::Param;
use burn::prelude::*;
use burn::tensor::activation::softplus;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Observation, Observed, Support};
use crate::Result;
use crate::config::check::positive;
use crate::nn::Init;
use crate::random::Purpose;
use crate::registry::{About, Member};
use crate::samplers::Noise;

/// Normals around the decoder's numbers: for any numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct GaussianObservation {
    /// Whose the deviation is.
    pub scale: Scale,
    /// The deviation `σ`: the one that is fixed, or the first one that is learnt.
    pub std: f64,
}

/// Whose a deviation is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Scale {
    /// Nobody learns it.
    Fixed,
    /// One is learnt for all numbers.
    #[default]
    Shared,
    /// The decoder says one for each number.
    Each,
}

impl Default for GaussianObservation {
    fn default() -> Self {
        Self { scale: Scale::Shared, std: 1.0 }
    }
}

impl Member for GaussianObservation {
    const ABOUT: About = About {
        summary: "Normals around the decoder's numbers, of a fixed or a learnt deviation: for any numbers",
        paper: "Kingma and Welling 2014, https://arxiv.org/abs/1312.6114; Rybkin et al. 2021, https://arxiv.org/abs/2006.13202",
    };
}

impl Observation for GaussianObservation {
    fn check(&self) -> Result<()> {
        positive("std", self.std)
    }

    fn outputs(&self) -> usize {
        if self.scale == Scale::Each { 2 } else { 1 }
    }

    fn build(&self, features: usize, init: &Init) -> Box<dyn Observed> {
        let log_std = self.std.ln();
        let learnt = || init.at("log_std").constant([1], log_std);
        Box::new(Normals { features, log_std, shared: (self.scale == Scale::Shared).then(learnt) })
    }

    fn support(&self) -> Support {
        Support::Line
    }
}

#[derive(Module, Debug)]
struct Normals {
    features: usize,
    /// What is fixed, or what the decoder's zero stands for.
    log_std: f64,
    shared: Option<Param<Tensor<1>>>,
}

/// `ln σ` never falls below minus this.
const LEAST: f64 = 6.0;

impl Normals {
    /// `μ` and `ln σ`, both `[rows, features]`.
    fn of(&self, said: Tensor<2>) -> [Tensor<2>; 2] {
        let (rows, features) = (said.dims()[0], self.features);
        let mean = said.clone().narrow(1, 0, features);
        let log_std = match &self.shared {
            Some(shared) => shared.val().reshape([1, 1]).expand([rows, features]),
            None if said.dims()[1] == features => mean.zeros_like() + self.log_std,
            None => {
                let r = said.narrow(1, features, features) + self.log_std;
                softplus(r + LEAST, 1.0) - LEAST
            }
        };
        [mean, log_std]
    }
}

impl Observed for Normals {
    fn log_density(&self, said: Tensor<2>, x: Tensor<2>) -> Tensor<2> {
        let [mean, log_std] = self.of(said);
        let away = ((x - mean) * (-log_std.clone()).exp()).square() * 0.5;
        -(away + log_std + 0.5 * std::f64::consts::TAU.ln()).sum_dim(1)
    }

    fn mean(&self, said: Tensor<2>) -> Tensor<2> {
        said.narrow(1, 0, self.features)
    }

    fn sample(&self, said: Tensor<2>, noise: &Noise) -> Tensor<2> {
        let [mean, log_std] = self.of(said);
        mean + log_std.exp() * noise.draw(Purpose::SamplerNoise, 0)
    }
}
