//! A multi-layer perceptron with residual blocks, told the noise level by Fourier features.
//!
//! ```text
//! e = W₂ silu(W₁ [cos ω·c_noise, sin ω·c_noise] + C·class),   h ← h + A silu(B h + E e)   per block
//! ```

use burn::prelude::*;
use kiln_kernels::activation::silu;
use kiln_kernels::trajectory::{self, Field, Stack};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Architecture, Condition, Dropout, Init, Interface, Linear, Mode, Network, fourier_of};
use crate::Result;
use crate::config::check::{at_least, within};
use crate::registry::{About, Member};

/// A residual multi-layer perceptron, for data without neighbourhoods.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct MlpConfig {
    /// Width of the residual stream and of each block.
    pub hidden: usize,
    /// Residual blocks.
    pub blocks: usize,
    /// Fourier features of the noise level.
    pub features: usize,
    /// Probability of dropping an activation while training.
    pub dropout: f64,
}

impl Default for MlpConfig {
    fn default() -> Self {
        Self { hidden: 128, blocks: 4, features: 32, dropout: 0.0 }
    }
}

impl Member for MlpConfig {
    const ABOUT: About = About {
        summary: "Residual multi-layer perceptron with Fourier features of the noise level",
        paper: "He et al. 2016, https://arxiv.org/abs/1512.03385; Tancik et al. 2020, https://arxiv.org/abs/2006.10739",
    };
}

impl Architecture for MlpConfig {
    fn build(&self, interface: &Interface, init: &Init) -> Result<Box<dyn Network>> {
        at_least("hidden", self.hidden, 1)?;
        at_least("features", self.features, 4)?;
        within("dropout", self.dropout, 0.0, 0.9)?;
        Ok(Box::new(Mlp::new(self, interface, init)))
    }
}

/// The network of [`MlpConfig`].
#[derive(Module, Debug)]
pub struct Mlp {
    level: Linear,
    class: Option<Linear>,
    embed: Linear,
    input: Linear,
    blocks: Vec<Block>,
    output: Linear,
    features: usize,
}

#[derive(Module, Debug)]
struct Block {
    first: Linear,
    embed: Linear,
    second: Linear,
    dropout: Dropout,
}

impl Mlp {
    fn new(config: &MlpConfig, interface: &Interface, init: &Init) -> Self {
        let (width, data) = (config.hidden, interface.features());
        let block = |i: usize| {
            let init = init.at("blocks").at(i);
            Block {
                first: Linear::new(width, width, &init.at("first")),
                embed: Linear::new(width, width, &init.at("embed")),
                second: Linear::new(width, width, &init.at("second")),
                dropout: Dropout::new(config.dropout, i),
            }
        };
        Self {
            level: Linear::new(config.features, width, &init.at("level")),
            class: (!interface.classes.is_empty())
                .then(|| Linear::new(interface.classes.len(), width, &init.at("class"))),
            embed: Linear::new(width, width, &init.at("embed")),
            input: Linear::new(data, width, &init.at("input")),
            blocks: (0..config.blocks).map(block).collect(),
            output: Linear::zero(width, interface.outputs * data, &init.at("output")),
            features: config.features,
        }
    }
}

impl Mlp {
    /// `e`, `[1 or batch, hidden]`.
    fn embedding(&self, condition: &Condition, device: &Device) -> Tensor<2> {
        let mut embedding = self.level.forward(fourier_of(condition, self.features, device));
        if let (Some(layer), Some(class)) = (&self.class, &condition.class) {
            embedding = embedding + layer.forward(class.clone());
        }
        silu(self.embed.forward(silu(embedding)))
    }
}

impl Network for Mlp {
    fn forward(&self, x: Tensor<2>, condition: &Condition, mode: Mode) -> Tensor<2> {
        let embedding = self.embedding(condition, &x.device());
        let mut h = self.input.forward(x); // [B, H]
        for block in &self.blocks {
            let inner = block.first.forward(silu(h.clone())) + block.embed.forward(embedding.clone());
            h = h + block.second.forward(block.dropout.forward(silu(inner), mode));
        }
        self.output.forward(silu(h))
    }

    fn field(&self, levels: &Condition) -> Option<Field> {
        let input = self.input.weight();
        if input.dims()[0] != self.output.bias().dims()[0] {
            return None;
        }
        let embedding = self.embedding(levels, &input.device());
        let [rows, hidden] = embedding.dims();
        let same = |bias: Tensor<1>| bias.unsqueeze::<2>().expand([rows, hidden]);
        let mut biases = vec![same(self.input.bias())];
        let mut layers = Vec::new();
        for block in &self.blocks {
            biases.push(block.embed.forward(embedding.clone()) + block.first.bias().unsqueeze());
            biases.push(same(block.second.bias()));
            layers.extend([block.first.weight(), block.second.weight()]);
        }
        Some(Field {
            input,
            hidden: layers,
            output: self.output.weight(),
            biases: Tensor::stack(biases, 1),
            output_bias: self.output.bias(),
            activation: trajectory::Activation::Silu,
            shape: Stack::Residual,
        })
    }
}
