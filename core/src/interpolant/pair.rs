//! Two networks of one kind as one: velocity and noise have weights of their own, and their outputs stand side by side.

use burn::prelude::*;

use crate::nn::{Condition, Mode, Network, Parametric};

/// What their parameters' paths begin with.
pub(super) const NAMES: [&str; 2] = ["velocity", "noise"];

/// `[batch, features]` to `[batch, 2 features]`.
pub(super) struct Pair(pub(super) [Box<dyn Network>; 2]);

impl Network for Pair {
    fn forward(&self, x: Tensor<2>, condition: &Condition, mode: Mode) -> Tensor<2> {
        Tensor::cat(self.0.iter().map(|network| network.forward(x.clone(), condition, mode)).collect(), 1)
    }
}

impl Parametric for Pair {
    fn parts(&self) -> Vec<(String, &dyn Parametric)> {
        NAMES.iter().zip(&self.0).map(|(name, network)| (name.to_string(), &**network as _)).collect()
    }

    fn parts_mut(&mut self) -> Vec<&mut dyn Parametric> {
        self.0.iter_mut().map(|network| &mut **network as _).collect()
    }
}
