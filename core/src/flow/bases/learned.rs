//! A normal whose mean and deviation are learnt, and hang on the class where there is one.

use burn::module::Param;
use burn::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Base, BaseKind, Density, log_normal};
use crate::Result;
use crate::nn::{Init, Linear};
use crate::random::Purpose;
use crate::registry::{About, Member};
use crate::samplers::Noise;

/// A normal of learnt mean and deviation.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Learned {}

impl Member for Learned {
    const ABOUT: About = About {
        summary: "Independent normals of learnt mean and deviation, another for each class",
        paper: "Izmailov et al. 2020, https://arxiv.org/abs/1912.13025; Kingma and Dhariwal 2018, https://arxiv.org/abs/1807.03039",
    };
}

impl BaseKind for Learned {
    fn build(&self, features: usize, told: usize, init: &Init) -> Result<Box<dyn Base>> {
        Ok(Box::new(Gaussian {
            mean: init.constant([features], 0.0),
            log_scale: init.constant([features], 0.0),
            told: (told > 0).then(|| Linear::zero(told, 2 * features, &init.at("told"))),
        }))
    }
}

#[derive(Module, Debug)]
struct Gaussian {
    mean: Param<Tensor<1>>,
    log_scale: Param<Tensor<1>>,
    told: Option<Linear>,
}

impl Gaussian {
    /// Mean and logarithm of the deviation, `[1 | batch, features]`.
    fn parts(&self, told: Option<&Tensor<2>>) -> [Tensor<2>; 2] {
        let parts = [&self.mean, &self.log_scale].map(|part| part.val().unsqueeze());
        let (Some(layer), Some(told)) = (&self.told, told) else { return parts };
        let more = layer.forward(told.clone());
        let features = more.dims()[1] / 2;
        let [mean, log_scale] = parts;
        [mean + more.clone().narrow(1, 0, features), log_scale + more.narrow(1, features, features)]
    }
}

impl Density for Gaussian {
    fn log_prob(&self, z: Tensor<2>, told: Option<&Tensor<2>>) -> Tensor<2> {
        let [mean, log_scale] = self.parts(told);
        log_normal((z - mean) * (-log_scale.clone()).exp()) - log_scale.sum_dim(1)
    }

    fn draw(&self, noise: &Noise, told: Option<&Tensor<2>>) -> Tensor<2> {
        let [mean, log_scale] = self.parts(told);
        noise.draw(Purpose::Noise, 0) * log_scale.exp() + mean
    }
}
