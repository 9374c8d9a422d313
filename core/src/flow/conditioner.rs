//! Conditioners: what makes an element's parameters of the numbers that stay.

use burn::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Result;
use crate::config::check::{at_least, not_empty};
use crate::nn::{Activation, Init, Linear};

/// A conditioner's network: a perceptron.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ConditionerConfig {
    /// Width of each hidden layer.
    pub hidden: Vec<usize>,
    /// What follows each of them.
    pub activation: Activation,
}

impl Default for ConditionerConfig {
    fn default() -> Self {
        Self { hidden: vec![64, 64], activation: Activation::Relu }
    }
}

impl ConditionerConfig {
    pub(super) fn check(&self) -> Result<()> {
        not_empty("hidden", &self.hidden)?;
        self.hidden.iter().try_for_each(|width| at_least("hidden", *width, 1))
    }

    /// From so many numbers and what is told to so many parameters, which are zero at first.
    pub(super) fn build(
        &self,
        inputs: usize,
        told: usize,
        outputs: usize,
        init: &Init,
    ) -> Result<Conditioner> {
        self.check()?;
        let mut width = inputs + told;
        let mut layers = Vec::new();
        for (i, next) in self.hidden.iter().enumerate() {
            layers.push(Linear::new(width, *next, &init.at("layers").at(i)));
            width = *next;
        }
        let output = Linear::zero(width, outputs, &init.at("output"));
        Ok(Conditioner { layers, output, activation: self.activation })
    }
}

/// The network of [`ConditionerConfig`].
#[derive(Module, Debug)]
pub struct Conditioner {
    layers: Vec<Linear>,
    output: Linear,
    #[module(skip)]
    activation: Activation,
}

impl Conditioner {
    /// `[batch, inputs]` to `[batch, outputs]`.
    pub(super) fn forward(&self, x: Tensor<2>, told: Option<&Tensor<2>>) -> Tensor<2> {
        let h = beside(x, told);
        let h = self.layers.iter().fold(h, |h, layer| self.activation.apply(layer.forward(h)));
        self.output.forward(h)
    }
}

/// `[x, told]`.
pub(super) fn beside(x: Tensor<2>, told: Option<&Tensor<2>>) -> Tensor<2> {
    match told {
        None => x,
        Some(told) => Tensor::cat(vec![x, told.clone()], 1),
    }
}
