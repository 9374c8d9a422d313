//! Two networks of one kind as one: velocity and noise have weights of their own, and their outputs stand side by side.

use burn::prelude::*;
use burn::tensor::Gradients;

use crate::nn::{Condition, Mode, Named, Network};

/// What their parameters' paths begin with.
pub(super) const NAMES: [&str; 2] = ["velocity", "noise"];

/// `[batch, features]` to `[batch, 2 features]`.
pub(super) struct Pair(pub(super) [Box<dyn Network>; 2]);

impl Network for Pair {
    fn forward(&self, x: Tensor<2>, condition: &Condition, mode: Mode) -> Tensor<2> {
        Tensor::cat(self.0.iter().map(|network| network.forward(x.clone(), condition, mode)).collect(), 1)
    }

    fn parameters(&self) -> Vec<Named> {
        let both = self.0.iter().zip(NAMES).flat_map(|(network, name)| {
            let within = move |named: Named| Named { path: format!("{name}.{}", named.path), ..named };
            network.parameters().into_iter().map(within)
        });
        both.collect()
    }

    fn set_parameters(&mut self, values: &[Tensor<1>]) {
        let (first, second) = values.split_at(self.0[0].parameters().len());
        self.0[0].set_parameters(first);
        self.0[1].set_parameters(second);
    }

    fn gradients(&self, gradients: &mut Gradients) -> Vec<Tensor<1>> {
        self.0.iter().flat_map(|network| network.gradients(gradients)).collect()
    }
}
