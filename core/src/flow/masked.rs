//! A masked perceptron: the parameters of number `i` hang on the numbers before it in the order alone.
//!
//! ```text
//! hidden unit k has degree m(k) in 1 … D−1;   W[k', k] is there where m(k') ≥ m(k),   V[i, k] where o(i) > m(k)
//! ```
//!
//! Germain et al. 2015, <https://arxiv.org/abs/1502.03509> (MADE), section 4. With `D = 1` the parameters are constants, but for what is told,
//! which all units see.

use burn::module::Param;
use burn::prelude::*;
use kiln_kernels::linear::linear;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::conditioners::{Perceptron, beside};
use crate::Result;
use crate::nn::{Activation, Init};

/// A masked perceptron's configuration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct MaskedConfig {
    /// Width of each hidden layer.
    pub hidden: Vec<usize>,
    /// What follows each of them.
    pub activation: Activation,
}

impl Default for MaskedConfig {
    fn default() -> Self {
        let Perceptron { hidden, activation } = Perceptron::default();
        Self { hidden, activation }
    }
}

/// A masked perceptron.
#[derive(Module, Debug)]
pub struct Masked {
    layers: Vec<MaskedLinear>,
    output: MaskedLinear,
    #[module(skip)]
    activation: Activation,
}

#[derive(Module, Debug)]
struct MaskedLinear {
    weight: Param<Tensor<2>>,
    bias: Param<Tensor<1>>,
    /// `[inputs, outputs]`, one or zero.
    mask: Tensor<2>,
}

impl MaskedLinear {
    /// An output of degree `b` sees the inputs of which `sees(a, b)`. Weights as PyTorch's default, of the inputs that are seen by all.
    fn new(inputs: &[usize], outputs: &[usize], sees: fn(usize, usize) -> bool, init: &Init) -> Self {
        let bound = 1.0 / (inputs.len() as f64).sqrt();
        let shape = [inputs.len(), outputs.len()];
        let mask: Vec<f32> =
            inputs.iter().flat_map(|a| outputs.iter().map(move |b| f32::from(sees(*a, *b)))).collect();
        Self {
            weight: init.at("weight").uniform(shape, bound),
            bias: init.at("bias").uniform([outputs.len()], bound),
            mask: Tensor::from_data(TensorData::new(mask, shape), init.device()),
        }
    }

    /// The same with weights and bias zero.
    fn zero(self, init: &Init) -> Self {
        let [inputs, outputs] = self.mask.dims();
        Self { weight: init.constant([inputs, outputs], 0.0), bias: init.constant([outputs], 0.0), ..self }
    }

    /// Weights that see what they may, and the bias.
    fn parts(&self) -> (Tensor<2>, Tensor<1>) {
        let weight = self.weight.val();
        let mask = self.mask.clone().to_device(&weight.device()).cast(weight.dtype());
        (weight * mask, self.bias.val())
    }
}

impl Masked {
    /// Outputs of which the one at place `j` is a parameter of number `numbers[j]`, zero at first. `order[i]` is the rank of number `i`,
    /// from 0, which several may share; what is told, so many numbers beside the row, is seen by all.
    pub(super) fn new(
        config: &MaskedConfig,
        order: &[usize],
        told: usize,
        numbers: &[usize],
        init: &Init,
    ) -> Result<Self> {
        let MaskedConfig { hidden, activation } = config.clone();
        Perceptron { hidden, activation }.check()?;
        // Of degree 0 is what all may see; number i has degree 1 + its rank.
        let mut degrees: Vec<usize> = order.iter().map(|rank| rank + 1).collect();
        degrees.extend(vec![0; told]);
        let most = order.iter().copied().max().unwrap_or_default();
        let mut layers = Vec::new();
        for (i, width) in config.hidden.iter().enumerate() {
            let next: Vec<usize> = (0..*width).map(|k| if most == 0 { 0 } else { 1 + k % most }).collect();
            layers.push(MaskedLinear::new(&degrees, &next, |a, b| b >= a, &init.at("layers").at(i)));
            degrees = next;
        }
        let wanted: Vec<usize> = numbers.iter().map(|number| order[*number] + 1).collect();
        let init = init.at("output");
        let output = MaskedLinear::new(&degrees, &wanted, |a, b| b > a, &init).zero(&init);
        Ok(Self { layers, output, activation: config.activation })
    }

    /// `[batch, features]` to `[batch, outputs]`.
    pub(super) fn forward(&self, x: Tensor<2>, told: Option<&Tensor<2>>) -> Tensor<2> {
        let h = beside(x, told);
        let h = self.layers.iter().fold(h, |h, layer| {
            let (weight, bias) = layer.parts();
            self.activation.of_layer(h, weight, bias)
        });
        let (weight, bias) = self.output.parts();
        linear(h, weight, bias)
    }
}
