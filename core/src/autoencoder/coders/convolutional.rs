//! Strided convolutions down to one row of numbers, and up again.
//!
//! ```text
//! x → [silu(conv, stride 2)]ⁿ → silu(W h + b) → W h + b → z      and      z → silu(W h + b) → silu(W h + b) → [conv(double)]ⁿ → x
//! ```
//!
//! The coders of disentanglement (Higgins et al. 2017, <https://openreview.net/forum?id=Sy2fzU9gl>, Appendix A.1; Kim and Mnih 2018,
//! <https://arxiv.org/abs/1802.05983>, Appendix), with SiLU, kernels of 3 x 3, and a convolution of the doubled picture for a transposed one
//! (Odena et al. 2016, <https://doi.org/10.23915/distill.00003>). Unlike a residual coder's, a latent is no picture.

use burn::prelude::*;
use kiln_kernels::activation::silu;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Coders, Coding, Widths, above, beside, no_picture};
use crate::Result;
use crate::config::check::{at_least, not_empty, shrinks, under};
use crate::nn::{Condition, Conv2d, Init, Linear, Mode, Network, repeated};
use crate::registry::{About, Member};

/// Strided convolutions, for pictures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Convolutional {
    /// Channels after each convolution, which halves height and width.
    pub channels: Vec<usize>,
    /// Width of the linear layer between the last picture and the latent.
    pub hidden: usize,
}

impl Default for Convolutional {
    fn default() -> Self {
        Self { channels: vec![32, 64], hidden: 256 }
    }
}

impl Member for Convolutional {
    const ABOUT: About = About {
        summary: "Strided convolutions and a linear layer, for pictures; a latent is a row",
        paper: "Higgins et al. 2017, https://openreview.net/forum?id=Sy2fzU9gl",
    };
}

impl Coding for Convolutional {
    fn build(&self, shape: &[usize], widths: Widths, init: &Init) -> Result<Coders> {
        let &[channels, height, width] = shape else { return Err(no_picture("convolutional", shape)) };
        not_empty("channels", &self.channels)?;
        self.channels.iter().try_for_each(|width| under("channels", at_least(".", *width, 1)))?;
        at_least("hidden", self.hidden, 1)?;
        let factor = shrinks("channels", [self.channels.len() + 1, 1], &[height, width])?;
        let last = self.channels[self.channels.len() - 1];
        let small = [last, height / factor, width / factor];
        Ok(Coders {
            encoder: Box::new(self.down([channels, height, width], small, widths, &init.at("encoder"))),
            decoder: Box::new(self.up(channels, small, widths, &init.at("decoder"))),
            latent: vec![widths.taken],
        })
    }
}

impl Convolutional {
    fn down(&self, size: [usize; 3], small: [usize; 3], widths: Widths, init: &Init) -> Down {
        let mut channels = vec![size[0] + widths.told];
        channels.extend(&self.channels);
        Down {
            convolutions: convolutions(&channels, 2, init),
            hidden: Linear::new(small.iter().product(), self.hidden, &init.at("hidden")),
            output: Linear::new(self.hidden, widths.given, &init.at("output")),
            size,
            told: widths.told,
        }
    }

    fn up(&self, outputs: usize, small: [usize; 3], widths: Widths, init: &Init) -> Up {
        let mut channels: Vec<usize> = self.channels.iter().rev().copied().collect();
        channels.push(outputs * widths.outputs);
        Up {
            input: Linear::new(widths.taken + widths.told, self.hidden, &init.at("input")),
            hidden: Linear::new(self.hidden, small.iter().product(), &init.at("hidden")),
            convolutions: convolutions(&channels, 1, init),
            size: small,
            told: widths.told,
        }
    }
}

fn convolutions(channels: &[usize], stride: usize, init: &Init) -> Vec<Conv2d> {
    let init = init.at("convolutions");
    let one = |(i, pair): (usize, &[usize])| Conv2d::new([pair[0], pair[1]], 3, stride, &init.at(i));
    channels.windows(2).enumerate().map(one).collect()
}

#[derive(Module, Debug)]
struct Down {
    convolutions: Vec<Conv2d>,
    hidden: Linear,
    output: Linear,
    /// Channels, height and width of what comes in.
    size: [usize; 3],
    told: usize,
}

impl Network for Down {
    fn forward(&self, x: Tensor<2>, condition: &Condition, _mode: Mode) -> Tensor<2> {
        let ([c, height, width], batch) = (self.size, x.dims()[0]);
        let h = above(x.reshape([batch, c, height, width]), condition, self.told);
        let h = self.convolutions.iter().fold(h, |h, convolution| silu(convolution.forward(h)));
        let flat = h.dims()[1..].iter().product();
        self.output.forward(silu(self.hidden.forward(h.reshape([batch, flat]))))
    }
}

#[derive(Module, Debug)]
struct Up {
    input: Linear,
    hidden: Linear,
    convolutions: Vec<Conv2d>,
    /// Channels, height and width of the smallest picture.
    size: [usize; 3],
    told: usize,
}

impl Network for Up {
    fn forward(&self, z: Tensor<2>, condition: &Condition, _mode: Mode) -> Tensor<2> {
        let ([c, height, width], batch) = (self.size, z.dims()[0]);
        let h = silu(self.input.forward(beside(z, condition, self.told)));
        let h = self.hidden.forward(h).reshape([batch, c, height, width]);
        let double = |h, convolution: &Conv2d| convolution.forward(repeated(silu(h), [2, 2]));
        let h = self.convolutions.iter().fold(h, double);
        let features = h.dims()[1..].iter().product();
        h.reshape([batch, features])
    }
}
