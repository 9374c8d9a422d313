//! Smooth perceptrons whose derivatives are written out: a gradient of them is again one pass of the tape.
//!
//! ```text
//! y = W_n φ(… φ(W_1 x + b_1)),   J v = W_n φ′_{n−1} W_{n−1} … φ′_1 W_1 v
//! ```

use burn::module::Param;
use burn::prelude::*;
use burn::tensor::activation::sigmoid;

use crate::nn::{Init, over};

/// What follows a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Smooth {
    Tanh,
    /// `x σ(x)/1.1`, which has no slope above one: Chen et al. 2019, section 3.3.
    LipSwish,
}

impl Smooth {
    /// Value and slope.
    fn at(self, x: Tensor<2>) -> [Tensor<2>; 2] {
        match self {
            Self::Tanh => {
                let y = x.tanh();
                [y.clone(), -y.square() + 1.0]
            }
            Self::LipSwish => {
                let s = sigmoid(x.clone());
                let slope = s.clone() * (x.clone() * (-s.clone() + 1.0) + 1.0);
                [over(x * s, 1.1), over(slope, 1.1)]
            }
        }
    }
}

/// A layer's parameters, and what each number beside the row adds to its biases.
#[derive(Module, Debug)]
pub(super) struct Layer {
    pub weight: Param<Tensor<2>>,
    bias: Param<Tensor<1>>,
    beside: Option<Param<Tensor<2>>>,
}

impl Layer {
    /// Of PyTorch's default weights; `beside` numbers are seen, whose weights are zero at first.
    fn new(inputs: usize, outputs: usize, beside: usize, init: &Init) -> Self {
        let bound = 1.0 / (inputs as f64).sqrt();
        Self {
            weight: init.at("weight").uniform([inputs, outputs], bound),
            bias: init.at("bias").uniform([outputs], bound),
            beside: (beside > 0).then(|| init.constant([beside, outputs], 0.0)),
        }
    }

    /// The last, zero at first.
    fn zero(inputs: usize, outputs: usize, init: &Init) -> Self {
        let (weight, bias) = (init.constant([inputs, outputs], 0.0), init.constant([outputs], 0.0));
        Self { weight, bias, beside: None }
    }

    /// `b`, of numbers beside the row `[1 | batch, beside]`.
    pub(super) fn bias(&self, beside: Option<&Tensor<2>>) -> Tensor<2> {
        let bias = self.bias.val().unsqueeze();
        match (&self.beside, beside) {
            (Some(weight), Some(beside)) => bias + beside.clone().cast(weight.dtype()).matmul(weight.val()),
            _ => bias,
        }
    }
}

/// The layers of a perceptron whose width at either end is a row's; all but the last see `beside` numbers more. It gives nothing at first.
pub(super) fn layers(features: usize, hidden: &[usize], beside: usize, init: &Init) -> Vec<Layer> {
    let mut width = features;
    let mut layers = Vec::new();
    for (i, next) in hidden.iter().enumerate() {
        layers.push(Layer::new(width, *next, beside, &init.at(i)));
        width = *next;
    }
    layers.push(Layer::zero(width, features, &init.at(hidden.len())));
    layers
}

/// A perceptron with what its weights and biases come to.
pub(super) struct Perceptron {
    /// `W` and `b`, `[inputs, outputs]` and `[1 | batch, outputs]`.
    pub layers: Vec<(Tensor<2>, Tensor<2>)>,
    pub smooth: Smooth,
}

/// A value, and the slopes on the way, from which products with the Jacobian follow.
pub(super) struct Pass {
    pub value: Tensor<2>,
    slopes: Vec<Tensor<2>>,
}

impl Perceptron {
    /// `y`, `[batch, features]`.
    pub(super) fn at(&self, x: Tensor<2>) -> Pass {
        let (mut h, mut slopes) = (x, Vec::new());
        for (i, (weight, bias)) in self.layers.iter().enumerate() {
            h = h.matmul(weight.clone()) + bias.clone();
            if i + 1 < self.layers.len() {
                let [value, slope] = self.smooth.at(h);
                h = value;
                slopes.push(slope);
            }
        }
        Pass { value: h, slopes }
    }

    /// `J v` where a pass went, `v` `[batch, features]`.
    pub(super) fn push(&self, pass: &Pass, v: Tensor<2>) -> Tensor<2> {
        self.layers.iter().enumerate().fold(v, |v, (i, (weight, _))| {
            let v = v.matmul(weight.clone());
            if let Some(slope) = pass.slopes.get(i) { v * slope.clone() } else { v }
        })
    }

    /// How all features move the last hidden layer, `[batch, features, width]`.
    fn tangents(&self, pass: &Pass) -> Tensor<3> {
        let rows = pass.value.dims()[0];
        let (first, _) = &self.layers[0];
        let start = first.clone().unsqueeze_dim::<3>(0) * pass.slopes[0].clone().unsqueeze_dim(1);
        self.layers[1..]
            .iter()
            .zip(&pass.slopes[1..])
            .fold(start, |v, ((weight, _), slope)| times(v, weight, rows) * slope.clone().unsqueeze_dim(1))
    }

    /// `J` transposed: `∂y_j/∂x_i` at `[row, i, j]`.
    pub(super) fn jacobian(&self, pass: &Pass) -> Tensor<3> {
        let (last, _) = &self.layers[self.layers.len() - 1];
        times(self.tangents(pass), last, pass.value.dims()[0])
    }

    /// `tr J`, `[batch, 1]`.
    pub(super) fn trace(&self, pass: &Pass) -> Tensor<2> {
        let (last, _) = &self.layers[self.layers.len() - 1];
        let each = self.tangents(pass) * last.clone().transpose().unsqueeze_dim(0);
        each.sum_dim(2).sum_dim(1).squeeze_dim(2)
    }
}

/// Each of the stack's matrices times a weight.
fn times(v: Tensor<3>, weight: &Tensor<2>, rows: usize) -> Tensor<3> {
    let [_, features, width] = v.dims();
    let [_, outputs] = weight.dims();
    v.reshape([rows * features, width]).matmul(weight.clone()).reshape([rows, features, outputs])
}
