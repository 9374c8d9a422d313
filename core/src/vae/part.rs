//! Parts of a network: modules whose types are forgotten, as a list of parameters.

use burn::prelude::*;
use burn::tensor::Gradients;

use crate::nn::{Named, collect, gradients, replace};

/// A module as the list of its parameters; see [`crate::nn::Network`].
pub trait Part {
    /// The parameters by path.
    fn parameters(&self) -> Vec<Named>;
    /// Puts other values in the parameters' place.
    fn set_parameters(&mut self, values: &[Tensor<1>]);
    /// The parameters' gradients; zeros where there is none.
    fn gradients(&self, gradients: &mut Gradients) -> Vec<Tensor<1>>;
}

impl<M: Module> Part for M {
    fn parameters(&self) -> Vec<Named> {
        collect(self)
    }
    fn set_parameters(&mut self, values: &[Tensor<1>]) {
        *self = replace(self.clone(), values);
    }
    fn gradients(&self, grads: &mut Gradients) -> Vec<Tensor<1>> {
        gradients(self, grads)
    }
}
