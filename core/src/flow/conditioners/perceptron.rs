//! A perceptron that reads numbers whatever they depict.

use burn::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Conditioner, Question};
use crate::Result;
use crate::config::check::{at_least, not_empty};
use crate::nn::{Activation, Condition, Init, Linear, Mode, Network};
use crate::registry::{About, Member};

/// A perceptron.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Perceptron {
    /// Width of each hidden layer.
    pub hidden: Vec<usize>,
    /// What follows each of them.
    pub activation: Activation,
}

impl Default for Perceptron {
    fn default() -> Self {
        Self { hidden: vec![64, 64], activation: Activation::Relu }
    }
}

impl Member for Perceptron {
    const ABOUT: About = About {
        summary: "Perceptron, for points",
        paper: "Dinh et al. 2015, https://arxiv.org/abs/1410.8516, section 5.1",
    };
}

impl Perceptron {
    pub(in crate::flow) fn check(&self) -> Result<()> {
        not_empty("hidden", &self.hidden)?;
        self.hidden.iter().try_for_each(|width| at_least("hidden", *width, 1))
    }
}

impl Conditioner for Perceptron {
    fn build(&self, question: &Question, init: &Init) -> Result<Box<dyn Network>> {
        self.check()?;
        let mut width = question.partition.stays().len() + question.told;
        let mut layers = Vec::new();
        for (i, next) in self.hidden.iter().enumerate() {
            layers.push(Linear::new(width, *next, &init.at("layers").at(i)));
            width = *next;
        }
        let output = Linear::zero(width, question.outputs(), &init.at("output"));
        Ok(Box::new(Dense { layers, output, activation: self.activation }))
    }
}

#[derive(Module, Debug)]
struct Dense {
    layers: Vec<Linear>,
    output: Linear,
    #[module(skip)]
    activation: Activation,
}

impl Network for Dense {
    fn forward(&self, x: Tensor<2>, condition: &Condition, _mode: Mode) -> Tensor<2> {
        let h = beside(x, condition.class.as_ref());
        let h = self.layers.iter().fold(h, |h, layer| layer.activated(h, self.activation));
        self.output.forward(h)
    }
}

/// `[x, told]`.
pub(in crate::flow) fn beside(x: Tensor<2>, told: Option<&Tensor<2>>) -> Tensor<2> {
    match told {
        None => x,
        Some(told) => Tensor::cat(vec![x, told.clone()], 1),
    }
}
