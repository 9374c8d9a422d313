//! Planar flows: draws are pushed away from planes, or towards them.
//!
//! ```text
//! f(z) = z + û tanh(wᵀz + b),   ln |∂f/∂z| = ln (1 + ûᵀw (1 − tanh²(wᵀz + b)))
//! û = u + (softplus(wᵀu) − 1 − wᵀu) w/‖w‖²
//! ```
//!
//! Rezende and Mohamed 2015, <https://arxiv.org/abs/1505.05770>, Eq. 10 to 12 and Appendix A.1. Each step's `u`, `w` and `b` are a linear map
//! of the context.

use burn::prelude::*;
use burn::tensor::activation::softplus;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Inference, Posterior, context};
use crate::Result;
use crate::config::check::at_least;
use crate::nn::{Init, Linear};
use crate::registry::{About, Member};

/// Planar flows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Planar {
    /// Planes, one after the other.
    pub steps: usize,
    /// Numbers of the context that the encoder gives for each number of a latent.
    pub context: usize,
}

impl Default for Planar {
    fn default() -> Self {
        Self { steps: 10, context: 4 }
    }
}

impl Member for Planar {
    const ABOUT: About = About {
        summary: "Planar flows, whose planes the encoder chooses",
        paper: "Rezende and Mohamed 2015, https://arxiv.org/abs/1505.05770",
    };
}

impl Posterior for Planar {
    fn check(&self) -> Result<()> {
        at_least("steps", self.steps, 1)?;
        at_least("context", self.context, 1)
    }

    fn context(&self) -> usize {
        self.context
    }

    fn build(&self, latents: usize, init: &Init) -> Box<dyn Inference> {
        let outputs = self.steps * (2 * latents + 1);
        let planes = Linear::new(self.context * latents, outputs, &init.at("planes"));
        Box::new(Pushes { planes, steps: self.steps, latents })
    }
}

#[derive(Module, Debug)]
struct Pushes {
    planes: Linear,
    steps: usize,
    latents: usize,
}

impl Inference for Pushes {
    fn flow(&self, z: Tensor<2>, said: &Tensor<2>) -> (Tensor<2>, Tensor<2>) {
        let latents = self.latents;
        let all = self.planes.forward(context(said, latents));
        let start = (z.clone(), z.zeros_like().sum_dim(1));
        (0..self.steps).fold(start, |(z, log), step| {
            let at = step * (2 * latents + 1);
            let [u, w] = [at, at + latents].map(|from| all.clone().narrow(1, from, latents));
            let (z, slope) = pushed(z, u, w, all.clone().narrow(1, at + 2 * latents, 1));
            (z, log + slope)
        })
    }
}

/// One plane: `f(z)` and `ln |∂f/∂z|`.
fn pushed(z: Tensor<2>, u: Tensor<2>, w: Tensor<2>, b: Tensor<2>) -> (Tensor<2>, Tensor<2>) {
    let along = (w.clone() * u.clone()).sum_dim(1);
    let length = w.clone().square().sum_dim(1) + 1e-12;
    // wᵀû = softplus(wᵀu) − 1, above −1, so that the map can be undone.
    let wanted = softplus(along.clone(), 1.0) - 1.0;
    let u = u + w.clone() * ((wanted.clone() - along) / length);
    let h = ((w * z.clone()).sum_dim(1) + b).tanh();
    let slope = (h.clone().square().neg() + 1.0) * wanted + 1.0;
    (z + u * h, slope.log())
}
