//! A small residual network: pictures to features to classes.
//!
//! He et al. 2016, <https://arxiv.org/abs/1603.05027> (pre-activation), with group normalisation.

use burn::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Condition, Conv2d, Dropout, GroupNorm, Init, Interface, Linear, Mode, Network};
use crate::config::check::{at_least, divides, within};
use crate::{Error, Result};

/// A residual network for pictures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ResNetConfig {
    /// Channels of each stage; each after the first halves the height and width of the one before.
    pub channels: Vec<usize>,
    /// Residual blocks a stage.
    pub blocks: usize,
    /// Groups of the group normalisations; must divide each stage's channels.
    pub groups: usize,
    /// Probability of dropping a feature while training.
    pub dropout: f64,
}

impl Default for ResNetConfig {
    fn default() -> Self {
        Self { channels: vec![16, 32, 64], blocks: 1, groups: 8, dropout: 0.2 }
    }
}

impl ResNetConfig {
    /// Builds the network for pictures of this shape and these classes.
    pub fn build(&self, interface: &Interface, init: &Init) -> Result<ResNet> {
        let &[channels, height, width] = interface.shape.as_slice() else {
            let message =
                format!("a resnet takes pictures [channels, height, width], not {:?}", interface.shape);
            return Err(Error::config(".", message));
        };
        at_least("channels", self.channels.len(), 1)?;
        divides("groups", self.groups, self.channels.iter().copied())?;
        within("dropout", self.dropout, 0.0, 0.9)?;
        Ok(ResNet::new(self, [channels, height, width], interface.classes.len(), init))
    }
}

/// The network of [`ResNetConfig`].
#[derive(Module, Debug)]
pub struct ResNet {
    input: Conv2d,
    stages: Vec<Stage>,
    norm: GroupNorm,
    dropout: Dropout,
    output: Linear,
    size: [usize; 3],
}

#[derive(Module, Debug)]
struct Stage {
    halve: Option<Conv2d>,
    blocks: Vec<Block>,
}

/// Two convolutions beside a skip, of one width: `x + conv(silu(norm(conv(silu(norm(x))))))`.
#[derive(Module, Debug)]
pub(crate) struct Block {
    norm1: GroupNorm,
    conv1: Conv2d,
    norm2: GroupNorm,
    conv2: Conv2d,
}

impl ResNet {
    fn new(config: &ResNetConfig, size: [usize; 3], classes: usize, init: &Init) -> Self {
        let first = config.channels[0];
        let mut stages = Vec::new();
        let mut now = first;
        for (i, &width) in config.channels.iter().enumerate() {
            let init = init.at("stages").at(i);
            let halve = (i > 0).then(|| Conv2d::new([now, width], 3, 2, &init.at("halve")));
            let block = |j: usize| Block::new(width, config.groups, &init.at("blocks").at(j));
            stages.push(Stage { halve, blocks: (0..config.blocks).map(block).collect() });
            now = width;
        }
        Self {
            input: Conv2d::new([size[0], first], 3, 1, &init.at("input")),
            stages,
            norm: GroupNorm::new(config.groups, now, &init.at("norm")),
            dropout: Dropout::new(config.dropout, 0),
            output: Linear::new(now, classes, &init.at("output")),
            size,
        }
    }

    /// `[batch, features]` to the last stage's means over all places, `[batch, channels]`.
    pub fn features(&self, x: Tensor<2>, mode: Mode) -> Tensor<2> {
        let [c, h, w] = self.size;
        let batch = x.dims()[0];
        let mut h = self.input.forward(x.reshape([batch, c, h, w]));
        for stage in &self.stages {
            if let Some(halve) = &stage.halve {
                h = halve.forward(h);
            }
            for block in &stage.blocks {
                h = block.forward(h);
            }
        }
        let h = self.norm.activated(h);
        let [_, c, height, width] = h.dims();
        let pooled = h.reshape([batch, c, height * width]).mean_dim(2).reshape([batch, c]);
        self.dropout.forward(pooled, mode)
    }

    /// Features to logits, `[batch, classes]`.
    pub fn logits(&self, features: Tensor<2>) -> Tensor<2> {
        self.output.forward(features)
    }
}

impl Block {
    /// `groups` must divide `width`.
    pub(crate) fn new(width: usize, groups: usize, init: &Init) -> Self {
        Self {
            norm1: GroupNorm::new(groups, width, &init.at("norm1")),
            conv1: Conv2d::new([width, width], 3, 1, &init.at("conv1")),
            norm2: GroupNorm::new(groups, width, &init.at("norm2")),
            conv2: Conv2d::new([width, width], 3, 1, &init.at("conv2")),
        }
    }

    /// `[batch, channels, height, width]` to the same.
    pub(crate) fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let h = self.conv1.forward(self.norm1.activated(x.clone()));
        self.conv2.onto(x, self.norm2.activated(h))
    }
}

impl Network for ResNet {
    /// Logits; the noise level is not asked for.
    fn forward(&self, x: Tensor<2>, _condition: &Condition, mode: Mode) -> Tensor<2> {
        self.logits(self.features(x, mode))
    }
}
