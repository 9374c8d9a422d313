//! A residual network.

use burn::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::canvas::Canvas;
use super::convolutional::bias;
use super::{Conditioner, Question};
use crate::Result;
use crate::config::check::{at_least, divides};
use crate::nn::{Condition, Conv2d, GroupNorm, Init, Linear, Mode, Network, ResidualBlock};
use crate::registry::{About, Member};

/// A residual network, for pictures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Residual {
    /// Its channels.
    pub channels: usize,
    /// Blocks of two convolutions of 3x3.
    pub blocks: usize,
    /// Groups of the group normalisations; must divide the channels.
    pub groups: usize,
}

impl Default for Residual {
    fn default() -> Self {
        Self { channels: 32, blocks: 2, groups: 8 }
    }
}

impl Member for Residual {
    const ABOUT: About = About {
        summary: "Residual network, for pictures: RealNVP's, with group normalisation",
        paper: "Dinh et al. 2017, https://arxiv.org/abs/1605.08803, section 4.1",
    };
}

impl Conditioner for Residual {
    fn build(&self, question: &Question, init: &Init) -> Result<Box<dyn Network>> {
        at_least("channels", self.channels, 1)?;
        divides("groups", self.groups, [self.channels])?;
        let (canvas, width) = (Canvas::new(question)?, self.channels);
        let block = |i: usize| ResidualBlock::new(width, self.groups, &init.at("blocks").at(i));
        Ok(Box::new(Tower {
            input: Conv2d::new([canvas.inputs, width], 3, 1, &init.at("input")),
            told: (question.told > 0).then(|| Linear::zero(question.told, width, &init.at("told"))),
            blocks: (0..self.blocks).map(block).collect(),
            norm: GroupNorm::new(self.groups, width, &init.at("norm")),
            output: Conv2d::zero([width, canvas.outputs], [3, 3], &init.at("output")),
            canvas,
        }))
    }
}

#[derive(Module, Debug)]
struct Tower {
    input: Conv2d,
    told: Option<Linear>,
    blocks: Vec<ResidualBlock>,
    norm: GroupNorm,
    output: Conv2d,
    #[module(skip)]
    canvas: Canvas,
}

impl Network for Tower {
    fn forward(&self, x: Tensor<2>, condition: &Condition, _mode: Mode) -> Tensor<2> {
        let h = self.input.forward(self.canvas.picture(x));
        let h = match &self.told {
            None => h,
            Some(told) => h + bias(told, condition),
        };
        let h = self.blocks.iter().fold(h, |h, block| block.forward(h));
        self.canvas.row(self.output.forward(self.norm.activated(h)))
    }
}
