//! The network of a latent model: a stage that stays as it is, and a diffusion model's.

use burn::prelude::*;
use burn::tensor::Gradients;

use crate::nn::{Condition, Mode, Named, Network, parameters_of_parts, set_parts};

/// What their parameters' paths begin with.
pub(super) const NAMES: [&str; 2] = ["stage", "diffusion"];

/// Both networks.
pub(super) struct Staged {
    /// On a device without autodiff.
    pub(super) stage: Box<dyn Network>,
    pub(super) diffusion: Box<dyn Network>,
}

impl Network for Staged {
    /// The diffusion model's, from latents to latents.
    fn forward(&self, x: Tensor<2>, condition: &Condition, mode: Mode) -> Tensor<2> {
        self.diffusion.forward(x, condition, mode)
    }

    fn parameters(&self) -> Vec<Named> {
        let [stage, diffusion] = NAMES;
        parameters_of_parts(&[(stage, &*self.stage), (diffusion, &*self.diffusion)])
    }

    fn set_parameters(&mut self, values: &[Tensor<1>]) {
        set_parts(&mut [&mut *self.stage, &mut *self.diffusion], values);
    }

    fn gradients(&self, gradients: &mut Gradients) -> Vec<Tensor<1>> {
        let none = self.stage.parameters().into_iter().map(|named| named.value.zeros_like());
        none.chain(self.diffusion.gradients(gradients)).collect()
    }
}
