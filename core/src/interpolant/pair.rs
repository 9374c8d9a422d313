//! Two networks of one kind as one: velocity and noise have weights of their own, and their outputs stand side by side.

use burn::prelude::*;
use burn::tensor::Gradients;

use crate::nn::{Condition, Mode, Named, Network, gradients_of_parts, parameters_of_parts, set_parts};

/// What their parameters' paths begin with.
pub(super) const NAMES: [&str; 2] = ["velocity", "noise"];

/// `[batch, features]` to `[batch, 2 features]`.
pub(super) struct Pair(pub(super) [Box<dyn Network>; 2]);

impl Network for Pair {
    fn forward(&self, x: Tensor<2>, condition: &Condition, mode: Mode) -> Tensor<2> {
        Tensor::cat(self.0.iter().map(|network| network.forward(x.clone(), condition, mode)).collect(), 1)
    }

    fn parameters(&self) -> Vec<Named> {
        let ([velocity, noise], [one, two]) = (NAMES, &self.0);
        parameters_of_parts(&[(velocity, &**one), (noise, &**two)])
    }

    fn set_parameters(&mut self, values: &[Tensor<1>]) {
        let [one, two] = &mut self.0;
        set_parts(&mut [&mut **one, &mut **two], values);
    }

    fn gradients(&self, gradients: &mut Gradients) -> Vec<Tensor<1>> {
        let [one, two] = &self.0;
        gradients_of_parts(&[&**one, &**two], gradients)
    }
}
