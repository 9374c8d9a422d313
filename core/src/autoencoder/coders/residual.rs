//! Convolutions with residual blocks: a picture to a smaller one with more to say at each place, and back.
//!
//! ```text
//! fold(x) → conv → [blocks, halve]ⁿ → blocks → silu(norm) → conv → z      and      z → conv → blocks → [double, blocks]ⁿ → … → x
//! ```
//!
//! The first stage of Rombach et al. 2022, <https://arxiv.org/abs/2112.10752>, Appendix G, without attention; squares of `patch`
//! pixels are folded into channels first, which is where small pictures spend their time.

use burn::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Coders, Coding, Widths, above, no_picture};
use crate::Result;
use crate::config::check::{at_least, divides, not_empty, shrinks};
use crate::nn::{Condition, Conv2d, GroupNorm, Init, Mode, Network, ResidualBlock, fold, repeated, unfold};
use crate::registry::{About, Member};

/// Residual convolutions, for pictures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Residual {
    /// Channels of each level; each after the first halves the height and width of the one before.
    pub channels: Vec<usize>,
    /// Residual blocks a level.
    pub blocks: usize,
    /// Groups of the group normalisations; must divide each level's channels.
    pub groups: usize,
    /// Fold squares of this side into channels first: the latent is smaller by `patch · 2^(levels − 1)` each way.
    pub patch: usize,
}

impl Default for Residual {
    fn default() -> Self {
        Self { channels: vec![32, 64], blocks: 1, groups: 8, patch: 2 }
    }
}

impl Member for Residual {
    const ABOUT: About = About {
        summary: "Residual convolutions, for pictures",
        paper: "Rombach et al. 2022, https://arxiv.org/abs/2112.10752, Appendix G",
    };
}

impl Coding for Residual {
    fn build(&self, shape: &[usize], widths: Widths, init: &Init) -> Result<Coders> {
        let &[channels, height, width] = shape else { return Err(no_picture("residual", shape)) };
        let factor = self.check([height, width])?;
        let latent = [height / factor, width / factor];
        let folded = channels * self.patch * self.patch;
        Ok(Coders {
            encoder: Box::new(self.down(folded, widths, [channels, height, width], &init.at("encoder"))),
            decoder: Box::new(self.up(folded, widths, latent, &init.at("decoder"))),
            latent: vec![widths.taken, latent[0], latent[1]],
        })
    }
}

impl Residual {
    /// By how much a latent is smaller, each way.
    fn check(&self, [height, width]: [usize; 2]) -> Result<usize> {
        not_empty("channels", &self.channels)?;
        at_least("patch", self.patch, 1)?;
        divides("groups", self.groups, self.channels.iter().copied())?;
        shrinks("channels", [self.channels.len(), self.patch], &[height, width])
    }

    /// Blocks of each width, and a convolution of that stride from one to the next.
    fn levels(&self, widths: &[usize], stride: usize, init: &Init) -> Vec<Level> {
        let level = |(i, &width): (usize, &usize)| {
            let init = init.at("levels").at(i);
            let block = |j| ResidualBlock::new(width, self.groups, &init.at("blocks").at(j));
            let change = |next: &usize| Conv2d::new([width, *next], 3, stride, &init.at("change"));
            Level { blocks: (0..self.blocks).map(block).collect(), change: widths.get(i + 1).map(change) }
        };
        widths.iter().enumerate().map(level).collect()
    }

    fn down(&self, folded: usize, widths: Widths, size: [usize; 3], init: &Init) -> Coder {
        let Widths { given, told, .. } = widths;
        let last = self.channels[self.channels.len() - 1];
        Coder {
            input: Conv2d::new([folded + told, self.channels[0]], 3, 1, &init.at("input")),
            levels: self.levels(&self.channels, 2, init),
            norm: GroupNorm::new(self.groups, last, &init.at("norm")),
            output: Conv2d::new([last, given], 3, 1, &init.at("output")),
            size,
            told,
            fold: self.patch,
            unfold: 1,
            double: 1,
        }
    }

    fn up(&self, folded: usize, widths: Widths, [height, width]: [usize; 2], init: &Init) -> Coder {
        let Widths { taken, outputs, told, .. } = widths;
        let channels: Vec<usize> = self.channels.iter().rev().copied().collect();
        let last = channels[channels.len() - 1];
        Coder {
            input: Conv2d::new([taken + told, channels[0]], 3, 1, &init.at("input")),
            levels: self.levels(&channels, 1, init),
            norm: GroupNorm::new(self.groups, last, &init.at("norm")),
            output: Conv2d::new([last, folded * outputs], 3, 1, &init.at("output")),
            size: [taken, height, width],
            told,
            fold: 1,
            unfold: self.patch,
            double: 2,
        }
    }
}

/// An encoder or a decoder: they differ in how the sides change between levels.
#[derive(Module, Debug)]
struct Coder {
    input: Conv2d,
    levels: Vec<Level>,
    norm: GroupNorm,
    output: Conv2d,
    /// Channels, height and width of what comes in.
    size: [usize; 3],
    /// Classes that it is told.
    told: usize,
    fold: usize,
    unfold: usize,
    /// How often each value is repeated, each way, before the convolution that changes the level.
    double: usize,
}

#[derive(Module, Debug)]
struct Level {
    blocks: Vec<ResidualBlock>,
    /// To the next level.
    change: Option<Conv2d>,
}

impl Network for Coder {
    fn forward(&self, x: Tensor<2>, condition: &Condition, _mode: Mode) -> Tensor<2> {
        let [c, height, width] = self.size;
        let batch = x.dims()[0];
        let folded = fold(x.reshape([batch, c, height, width]), [self.fold; 2]);
        let mut h = self.input.forward(above(folded, condition, self.told));
        for level in &self.levels {
            h = level.blocks.iter().fold(h, |h, block| block.forward(h));
            if let Some(change) = &level.change {
                let wide = if self.double == 1 { h } else { repeated(h, [self.double; 2]) };
                h = change.forward(wide);
            }
        }
        let h = unfold(self.output.forward(self.norm.activated(h)), [self.unfold; 2]);
        let features = h.dims()[1..].iter().product();
        h.reshape([batch, features])
    }
}
