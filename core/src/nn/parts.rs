//! Networks made of networks, whose parameters are those of the parts, each under its part's name.

use burn::prelude::*;
use burn::tensor::Gradients;

use super::{Condition, Mode, Named, Network};

/// Parameters of a part of this name: `encoder.input.weight`.
pub fn named_under(name: &str, parameters: Vec<Named>) -> Vec<Named> {
    let under = |named: Named| Named { path: format!("{name}.{}", named.path), ..named };
    parameters.into_iter().map(under).collect()
}

/// The parts' parameters, one part after the other.
pub fn parameters_of_parts(parts: &[(&str, &dyn Network)]) -> Vec<Named> {
    parts.iter().flat_map(|(name, part)| named_under(name, part.parameters())).collect()
}

/// Gives each part its share of the values, in the order of [`parameters_of_parts`].
pub fn set_parts(parts: &mut [&mut dyn Network], values: &[Tensor<1>]) {
    let mut rest = values;
    for part in parts {
        let (own, others) = rest.split_at(part.parameters().len());
        part.set_parameters(own);
        rest = others;
    }
}

/// The gradients of the parts' parameters, in the order of [`parameters_of_parts`].
pub fn gradients_of_parts(parts: &[&dyn Network], gradients: &mut Gradients) -> Vec<Tensor<1>> {
    parts.iter().flat_map(|part| part.gradients(gradients)).collect()
}

/// A network that is learnt behind a stage that stays as it is.
pub struct Staged {
    /// What their parameters' paths begin with.
    pub names: [&'static str; 2],
    /// On a device without autodiff.
    pub stage: Box<dyn Network>,
    /// What is learnt.
    pub learner: Box<dyn Network>,
}

impl Network for Staged {
    /// The learner's, from what the stage makes of samples.
    fn forward(&self, x: Tensor<2>, condition: &Condition, mode: Mode) -> Tensor<2> {
        self.learner.forward(x, condition, mode)
    }

    fn parameters(&self) -> Vec<Named> {
        let [stage, learner] = self.names;
        parameters_of_parts(&[(stage, &*self.stage), (learner, &*self.learner)])
    }

    fn set_parameters(&mut self, values: &[Tensor<1>]) {
        set_parts(&mut [&mut *self.stage, &mut *self.learner], values);
    }

    fn gradients(&self, gradients: &mut Gradients) -> Vec<Tensor<1>> {
        let none = self.stage.parameters().into_iter().map(|named| named.value.zeros_like());
        none.chain(self.learner.gradients(gradients)).collect()
    }
}
