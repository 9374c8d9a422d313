//! A plain multi-layer perceptron, told noise level and class as numbers beside its input.
//!
//! ```text
//! h₀ = [x, c_noise, class],   h_{i+1} = φ(W_i h_i + b_i),   y = W h + b
//! ```
//!
//! Rosenblatt 1958, <https://doi.org/10.1037/h0042519>; with three layers of 64 and φ = SELU (Klambauer et al. 2017,
//! <https://arxiv.org/abs/1706.02515>) the network of conditional flow matching's examples in the plane. For what is smooth: `mlp` has
//! frequencies of the noise level, and residuals.

use burn::prelude::*;
use burn::tensor::activation;
use kiln_kernels::linear;
use kiln_kernels::trajectory::{self, Field, Stack};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Architecture, Condition, Init, Interface, Linear, Mode, Network};
use crate::Result;
use crate::config::check::at_least;
use crate::registry::{About, Member};

/// A plain perceptron, for points.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PerceptronConfig {
    /// Width of each hidden layer.
    pub hidden: usize,
    /// Hidden layers.
    pub layers: usize,
    /// What follows each of them.
    pub activation: Activation,
}

/// A function of a number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Activation {
    /// `λ x`, `λ α (eˣ − 1)` below 0.
    #[default]
    Selu,
    /// `x sigmoid(x)`.
    Silu,
    /// `tanh x`.
    Tanh,
    /// `max(x, 0)`.
    Relu,
}

impl Activation {
    /// Of `x W + b`, in one pass where there is one: `[rows, inputs]` to `[rows, outputs]`.
    pub fn of_layer(self, x: Tensor<2>, weight: Tensor<2>, bias: Tensor<1>) -> Tensor<2> {
        match self {
            Self::Relu => linear::rectified(x, weight, bias),
            other => other.apply(linear::linear(x, weight, bias)),
        }
    }

    /// Of each number.
    pub fn apply<const D: usize>(self, x: Tensor<D>) -> Tensor<D> {
        match self {
            Self::Selu => activation::selu(x),
            Self::Silu => kiln_kernels::activation::silu(x),
            Self::Tanh => activation::tanh(x),
            Self::Relu => activation::relu(x),
        }
    }
}

impl Default for PerceptronConfig {
    fn default() -> Self {
        Self { hidden: 64, layers: 3, activation: Activation::default() }
    }
}

impl Member for PerceptronConfig {
    const ABOUT: About = About {
        summary: "Plain perceptron with noise level and class beside its input",
        paper: "Rosenblatt 1958, https://doi.org/10.1037/h0042519; Klambauer et al. 2017, https://arxiv.org/abs/1706.02515",
    };
}

impl Architecture for PerceptronConfig {
    fn build(&self, interface: &Interface, init: &Init) -> Result<Box<dyn Network>> {
        at_least("hidden", self.hidden, 1)?;
        at_least("layers", self.layers, 1)?;
        let (features, classes) = (interface.features(), interface.classes.len());
        let width = |i: usize| if i == 0 { features + 1 + classes } else { self.hidden };
        let layer = |i: usize| Linear::new(width(i), self.hidden, &init.at("layers").at(i));
        Ok(Box::new(Perceptron {
            layers: (0..self.layers).map(layer).collect(),
            output: Linear::zero(self.hidden, interface.outputs * features, &init.at("output")),
            classes,
            activation: self.activation,
        }))
    }

    fn takes_span(&self) -> bool {
        false
    }
}

/// The network of [`PerceptronConfig`].
#[derive(Module, Debug)]
pub struct Perceptron {
    layers: Vec<Linear>,
    output: Linear,
    classes: usize,
    #[module(skip)]
    activation: Activation,
}

impl Network for Perceptron {
    fn forward(&self, x: Tensor<2>, condition: &Condition, _mode: Mode) -> Tensor<2> {
        let rows = x.dims()[0];
        let level = TensorData::new(condition.noise.clone(), [condition.noise.len(), 1]);
        let level = Tensor::<2>::from_data(level, (&x.device(), x.dtype())).expand([rows, 1]);
        let mut told = vec![x.clone(), level];
        if self.classes > 0 {
            let none = || Tensor::zeros([rows, self.classes], &x.device());
            told.push(condition.class.clone().unwrap_or_else(none));
        }
        let mut h = Tensor::cat(told, 1); // [B, features + 1 + classes]
        for layer in &self.layers {
            h = layer.activated(h, self.activation);
        }
        self.output.forward(h)
    }

    fn field(&self, levels: &Condition) -> Option<Field> {
        let (weight, features) = (self.layers[0].weight(), self.output.bias().dims()[0]);
        // Beside the features stand the level and the classes.
        if weight.dims()[0] != features + 1 + self.classes {
            return None;
        }
        let level = TensorData::new(levels.noise.clone(), [levels.noise.len(), 1]);
        let level = Tensor::<2>::from_data(level, (&weight.device(), weight.dtype()));
        let first = level * weight.clone().narrow(0, features, 1) + self.layers[0].bias().unsqueeze();
        let [rows, hidden] = first.dims();
        let rest = &self.layers[1..];
        let same = |layer: &Linear| layer.bias().unsqueeze::<2>().expand([rows, hidden]);
        Some(Field {
            input: weight.narrow(0, 0, features),
            hidden: rest.iter().map(Linear::weight).collect(),
            output: self.output.weight(),
            biases: Tensor::stack([vec![first], rest.iter().map(same).collect()].concat(), 1),
            output_bias: self.output.bias(),
            activation: match self.activation {
                Activation::Selu => trajectory::Activation::Selu,
                Activation::Silu => trajectory::Activation::Silu,
                Activation::Tanh => trajectory::Activation::Tanh,
                Activation::Relu => trajectory::Activation::Relu,
            },
            shape: Stack::Plain,
        })
    }
}
