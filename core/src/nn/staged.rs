//! A network that is learnt behind one that is not.

use burn::prelude::*;
use burn::tensor::Gradients;

use super::{Condition, Mode, Network, Parametric};

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
}

impl Parametric for Staged {
    fn parts(&self) -> Vec<(String, &dyn Parametric)> {
        let [stage, learner] = self.names.map(str::to_owned);
        vec![(stage, &*self.stage), (learner, &*self.learner)]
    }

    fn parts_mut(&mut self) -> Vec<&mut dyn Parametric> {
        vec![&mut *self.stage, &mut *self.learner]
    }

    fn gradients(&self, gradients: &mut Gradients) -> Vec<Tensor<1>> {
        let none = self.stage.parameters().into_iter().map(|named| named.value.zeros_like());
        none.chain(self.learner.gradients(gradients)).collect()
    }
}
