//! Three convolutions, of 3x3, 1x1 and, if not told otherwise, 3x3.

use burn::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::canvas::Canvas;
use super::{Conditioner, Question};
use crate::Result;
use crate::config::check::{at_least, odd};
use crate::nn::{Condition, Conv2d, Init, Linear, Mode, Network};
use crate::registry::{About, Member};

/// Three convolutions, for pictures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Convolutional {
    /// Channels between them; Glow has 512.
    pub channels: usize,
    /// Sides of the last one's kernel, odd: with 1 it costs a ninth, and more couplings can be afforded.
    pub last: usize,
}

impl Default for Convolutional {
    fn default() -> Self {
        Self { channels: 64, last: 3 }
    }
}

impl Member for Convolutional {
    const ABOUT: About = About {
        summary: "Three convolutions of 3x3, 1x1 and 3x3, for pictures: Glow's",
        paper: "Kingma and Dhariwal 2018, https://arxiv.org/abs/1807.03039, appendix B",
    };
}

impl Conditioner for Convolutional {
    fn build(&self, question: &Question, init: &Init) -> Result<Box<dyn Network>> {
        at_least("channels", self.channels, 1)?;
        odd("last", self.last)?;
        let (canvas, width) = (Canvas::new(question)?, self.channels);
        Ok(Box::new(Convolutions {
            input: Conv2d::new([canvas.inputs, width], 3, 1, &init.at("input")),
            told: (question.told > 0).then(|| Linear::zero(question.told, width, &init.at("told"))),
            middle: Conv2d::new([width, width], 1, 1, &init.at("middle")),
            output: Conv2d::zero([width, canvas.outputs], [self.last; 2], &init.at("output")),
            canvas,
        }))
    }
}

#[derive(Module, Debug)]
struct Convolutions {
    input: Conv2d,
    told: Option<Linear>,
    middle: Conv2d,
    output: Conv2d,
    #[module(skip)]
    canvas: Canvas,
}

impl Network for Convolutions {
    fn forward(&self, x: Tensor<2>, condition: &Condition, _mode: Mode) -> Tensor<2> {
        let x = self.canvas.picture(x);
        let h = match &self.told {
            None => self.input.activated(x),
            Some(told) => kiln_kernels::activation::silu(self.input.forward(x) + bias(told, condition)),
        };
        self.canvas.row(self.output.forward(self.middle.activated(h)))
    }
}

/// What the classes add to each channel, `[batch, channels, 1, 1]`.
pub(super) fn bias(told: &Linear, condition: &Condition) -> Tensor<4> {
    let class = condition.class.clone().expect("a conditioner that is told classes should be given them");
    told.forward(class).unsqueeze_dims(&[2, 3])
}
