//! A Gaussian of independent numbers, as it is.

use burn::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Inference, Posterior};
use crate::nn::Init;
use crate::registry::{About, Member};

/// No flow.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Diagonal {}

impl Member for Diagonal {
    const ABOUT: About = About {
        summary: "A Gaussian of independent numbers",
        paper: "Kingma and Welling 2014, https://arxiv.org/abs/1312.6114",
    };
}

impl Posterior for Diagonal {
    fn context(&self) -> usize {
        0
    }

    fn build(&self, latents: usize, _init: &Init) -> Box<dyn Inference> {
        Box::new(Still { latents })
    }
}

#[derive(Module, Debug)]
struct Still {
    latents: usize,
}

impl Inference for Still {
    fn flow(&self, z: Tensor<2>, _said: &Tensor<2>) -> (Tensor<2>, Tensor<2>) {
        let [rows, latents] = z.dims();
        assert_eq!(latents, self.latents, "a posterior should be given the latents that it was built for");
        let none = Tensor::zeros([rows, 1], (&z.device(), z.dtype()));
        (z, none)
    }

    fn is_gaussian(&self) -> bool {
        true
    }
}
