//! Linear inverse autoregressive flow: a Gaussian of numbers that go together.
//!
//! ```text
//! z = L(h) z₀,   L lower triangular with ones on its diagonal,   ln |∂z/∂z₀| = 0
//! ```
//!
//! Kingma et al. 2016, <https://arxiv.org/abs/1606.04934>, Appendix A; Tomczak and Welling 2017, <https://arxiv.org/abs/1706.02326>. `L` is a
//! linear map of the context.

use burn::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Inference, Posterior, context};
use crate::Result;
use crate::config::check::at_least;
use crate::nn::{Init, Linear};
use crate::registry::{About, Member};

/// Linear inverse autoregressive flow.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LinearIaf {
    /// Numbers of the context that the encoder gives for each number of a latent.
    pub context: usize,
}

impl Default for LinearIaf {
    fn default() -> Self {
        Self { context: 1 }
    }
}

impl Member for LinearIaf {
    const ABOUT: About = About {
        summary: "A Gaussian with covariances, by a triangular matrix that the encoder chooses",
        paper: "Tomczak and Welling 2017, https://arxiv.org/abs/1706.02326",
    };
}

impl Posterior for LinearIaf {
    fn check(&self) -> Result<()> {
        at_least("context", self.context, 1)
    }

    fn context(&self) -> usize {
        self.context
    }

    fn build(&self, latents: usize, init: &Init) -> Box<dyn Inference> {
        let matrix = Linear::new(self.context * latents, latents * latents, &init.at("matrix"));
        let below = |place: usize| if place % latents < place / latents { 1.0_f32 } else { 0.0 };
        let mask: Vec<f32> = (0..latents * latents).map(below).collect();
        let mask = Tensor::from_data(TensorData::new(mask, [1, latents, latents]), init.device());
        Box::new(Triangle { matrix, mask })
    }
}

#[derive(Module, Debug)]
struct Triangle {
    matrix: Linear,
    /// Ones below the diagonal.
    mask: Tensor<3>,
}

impl Inference for Triangle {
    fn flow(&self, z: Tensor<2>, said: &Tensor<2>) -> (Tensor<2>, Tensor<2>) {
        let [rows, latents] = z.dims();
        let l = self.matrix.forward(context(said, latents)).reshape([rows, latents, latents]);
        let moved = (l * self.mask.clone() * z.clone().reshape([rows, 1, latents])).sum_dim(2);
        let none = z.zeros_like().sum_dim(1);
        (z + moved.reshape([rows, latents]), none)
    }
}
