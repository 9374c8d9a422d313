//! The critic of FactorVAE: it tells latents from those whose numbers are independent.

use burn::prelude::*;
use burn::tensor::activation::leaky_relu;

use crate::nn::{Init, Linear};

/// A perceptron from a latent to a logit, above 0 where it takes the latent for a true one.
#[derive(Module, Debug)]
pub struct Critic {
    layers: Vec<Linear>,
}

impl Critic {
    /// `layers` hidden layers of this width.
    pub(super) fn new(latents: usize, [hidden, layers]: [usize; 2], init: &Init) -> Self {
        let width = |i: usize| if i == 0 { latents } else { hidden };
        let outputs = |i: usize| if i == layers { 1 } else { hidden };
        let layer = |i: usize| Linear::new(width(i), outputs(i), &init.at("layers").at(i));
        Self { layers: (0..=layers).map(layer).collect() }
    }

    /// `ln D(z)/(1 − D(z))`, `[rows, 1]`.
    pub(super) fn logits(&self, z: Tensor<2>) -> Tensor<2> {
        let first = self.layers[0].forward(z);
        self.layers[1..].iter().fold(first, |h, layer| layer.forward(leaky_relu(h, 0.2)))
    }
}
