//! Parameters as one flat vector, and back.

use burn::prelude::*;

use crate::nn::Named;

/// Where each parameter lies in the vector.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    entries: Vec<(String, Vec<usize>)>,
}

impl Layout {
    pub(super) fn of(parameters: &[Named]) -> Self {
        Self { entries: parameters.iter().map(|p| (p.path.clone(), p.shape.clone())).collect() }
    }

    /// The shapes, in order.
    pub(super) fn shapes(&self) -> Vec<Vec<usize>> {
        self.entries.iter().map(|(_, shape)| shape.clone()).collect()
    }

    /// The parameters, cut from the vector.
    pub(super) fn split(&self, flat: &Tensor<1>) -> Vec<Tensor<1>> {
        let mut at = 0;
        let cut = |(_, shape): &(String, Vec<usize>)| {
            let length = shape.iter().product();
            let part = flat.clone().narrow(0, at, length);
            at += length;
            part
        };
        self.entries.iter().map(cut).collect()
    }

    /// The parameters, cut from the vector, with their names.
    pub(super) fn named(&self, flat: &Tensor<1>) -> Vec<Named> {
        let named = |((path, shape), value): (&(String, Vec<usize>), Tensor<1>)| Named {
            path: path.clone(),
            shape: shape.clone(),
            value,
        };
        self.entries.iter().zip(self.split(flat)).map(named).collect()
    }
}

/// One vector of them all.
pub(super) fn join(values: Vec<Tensor<1>>) -> Tensor<1> {
    Tensor::cat(values, 0)
}
