//! The Diffusion Transformer: patches as tokens, blocks of attention and perceptron, modulated by noise level and class.
//!
//! ```text
//! x ← x + gate₁ · A((1 + scale₁) x̂ + shift₁),   x ← x + gate₂ · W₂ gelu(W₁ ((1 + scale₂) x̂ + shift₂))   per block
//! ```
//!
//! Peebles and Xie 2023, <https://arxiv.org/abs/2212.09748>. Shifts, scales and gates begin at zero (adaLN-Zero, section 3.2), as
//! does the last layer: a fresh block is the identity, a fresh network says zero. The paper's DiT-S is `hidden: 384, depth: 12,
//! heads: 6`; DiT-B 768, 12, 12; DiT-L 1024, 24, 16; DiT-XL 1152, 28, 16.

use burn::prelude::*;
use kiln_kernels::activation::gelu;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::attention::{attend, merge, split};
use super::conditioning::{Embedder, modulated, parts};
use super::layers::multiple;
use super::patches::{fold, places, tokens, unfold};
use super::positions::{Positions, Rotary, sine};
use super::precision::like;
use super::{Architecture, Condition, Dropout, Init, Interface, Linear, Mode, Network};
use crate::config::check::{at_least, divisible, positive, within};
use crate::registry::{About, Member};
use crate::{Error, Result};

/// Sines and cosines of the noise level: the paper's.
pub(super) const FEATURES: usize = 256;

/// A transformer for pictures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct DitConfig {
    /// Side of the squares that become tokens; must divide height and width.
    pub patch: usize,
    /// Channels of a token.
    pub hidden: usize,
    /// Blocks.
    pub depth: usize,
    /// Attention heads; must divide `hidden`.
    pub heads: usize,
    /// Width of a block's perceptron, as a multiple of `hidden`.
    pub mlp_ratio: f64,
    /// How tokens are told where they stand.
    pub positions: Positions,
    /// Probability of dropping an activation while training.
    pub dropout: f64,
}

impl Default for DitConfig {
    /// A small one, of a size for a CPU.
    fn default() -> Self {
        Self {
            patch: 2,
            hidden: 192,
            depth: 6,
            heads: 3,
            mlp_ratio: 4.0,
            positions: Positions::Sine,
            dropout: 0.0,
        }
    }
}

impl Member for DitConfig {
    const ABOUT: About = About {
        summary: "Diffusion Transformer with adaLN-Zero and sine or rotary positions",
        paper: "Peebles and Xie 2023, https://arxiv.org/abs/2212.09748; Heo et al. 2024, https://arxiv.org/abs/2403.13298",
    };
}

impl Architecture for DitConfig {
    fn build(&self, interface: &Interface, init: &Init) -> Result<Box<dyn Network>> {
        let &[channels, height, width] = interface.shape.as_slice() else {
            let shape = &interface.shape;
            return Err(Error::config(
                ".",
                format!("a dit takes pictures [channels, height, width], not {shape:?}"),
            ));
        };
        self.check([height, width])?;
        Ok(Box::new(Dit::new(self, [channels, height, width], interface, init)))
    }
}

impl DitConfig {
    pub(super) fn check(&self, [height, width]: [usize; 2]) -> Result<()> {
        at_least("patch", self.patch, 1)?;
        if !height.is_multiple_of(self.patch) || !width.is_multiple_of(self.patch) {
            let message = format!("squares of side {} do not tile data of {height}x{width}", self.patch);
            return Err(Error::config("patch", message));
        }
        at_least("hidden", self.hidden, 1)?;
        at_least("depth", self.depth, 1)?;
        at_least("heads", self.heads, 1)?;
        divisible("hidden", self.hidden, self.heads, "heads")?;
        match self.positions {
            Positions::Sine => divisible("hidden", self.hidden, 4, "what sine positions need")?,
            Positions::Rotary => {
                divisible("hidden", self.hidden, 4 * self.heads, "4 heads, as rotary positions need")?;
            }
        }
        positive("mlp_ratio", self.mlp_ratio)?;
        within("dropout", self.dropout, 0.0, 0.9)
    }
}

/// The network of [`DitConfig`].
#[derive(Module, Debug)]
pub struct Dit {
    embed: Embedder,
    input: Linear,
    blocks: Vec<Block>,
    modulation: Linear,
    output: Linear,
    sine: Option<Tensor<2>>,
    rotary: Option<Rotary>,
    size: [usize; 3],
    patch: usize,
}

impl Dit {
    fn new(config: &DitConfig, size: [usize; 3], interface: &Interface, init: &Init) -> Self {
        let (hidden, p) = (config.hidden, config.patch);
        let (cells, values) = ([size[1] / p, size[2] / p], size[0] * p * p);
        let is = |positions| config.positions == positions;
        let block = |i: usize| Block::new(config, i, &init.at("blocks").at(i));
        Self {
            embed: Embedder::new([FEATURES, hidden], interface.classes.len(), &init.at("embed")),
            input: Linear::xavier(values, hidden, &init.at("input")),
            blocks: (0..config.depth).map(block).collect(),
            modulation: Linear::zero(hidden, 2 * hidden, &init.at("modulation")),
            output: Linear::zero(hidden, interface.outputs * values, &init.at("output")),
            sine: is(Positions::Sine).then(|| sine(cells, hidden, init.device())),
            rotary: is(Positions::Rotary).then(|| Rotary::new(cells, hidden / config.heads, init.device())),
            size,
            patch: p,
        }
    }
}

impl Network for Dit {
    fn forward(&self, x: Tensor<2>, condition: &Condition, mode: Mode) -> Tensor<2> {
        let [c, height, width] = self.size;
        let (batch, p) = (x.dims()[0], self.patch);
        let e = self.embed.forward(condition, &x.device());
        let picture = x.reshape([batch, c, height, width]);
        let mut h = self.input.forward(tokens(fold(picture, [p, p]))); // [B, T, H]
        if let Some(sine) = &self.sine {
            h = h.clone() + like(sine.clone(), h.dtype()).unsqueeze::<3>();
        }
        for block in &self.blocks {
            h = block.forward(h, &e, self.rotary.as_ref(), mode);
        }
        let [shift, scale] = parts(self.modulation.forward(e).unsqueeze_dim::<3>(1));
        let h = self.output.forward(modulated(h, shift, scale)); // [B, T, outputs C p²]
        unfold(places(h, [height / p, width / p]), [p, p]).flatten(1, 3)
    }
}

/// Attention and a perceptron, modulated.
#[derive(Module, Debug)]
pub(super) struct Block {
    modulation: Linear,
    qkv: Linear,
    merge: Linear,
    widen: Linear,
    narrow: Linear,
    dropouts: [Dropout; 2],
    heads: usize,
}

impl Block {
    pub(super) fn new(config: &DitConfig, layer: usize, init: &Init) -> Self {
        let (hidden, wide) = (config.hidden, multiple(config.hidden, config.mlp_ratio));
        Self {
            modulation: Linear::zero(hidden, 6 * hidden, &init.at("modulation")),
            qkv: Linear::xavier(hidden, 3 * hidden, &init.at("qkv")),
            merge: Linear::xavier(hidden, hidden, &init.at("merge")),
            widen: Linear::xavier(hidden, wide, &init.at("widen")),
            narrow: Linear::xavier(wide, hidden, &init.at("narrow")),
            dropouts: [0, 1].map(|i| Dropout::new(config.dropout, 2 * layer + i)),
            heads: config.heads,
        }
    }

    /// `[batch, tokens, hidden]` to the same, told `[batch or 1, hidden]`.
    pub(super) fn forward(
        &self,
        x: Tensor<3>,
        e: &Tensor<2>,
        rotary: Option<&Rotary>,
        mode: Mode,
    ) -> Tensor<3> {
        let modulation = self.modulation.forward(e.clone()).unsqueeze_dim::<3>(1); // [B or 1, 1, 6H]
        let [shift1, scale1, gate1, shift2, scale2, gate2] = parts(modulation);
        let mixed = self.attention(modulated(x.clone(), shift1, scale1), rotary);
        let x = x + gate1 * self.dropouts[0].forward(mixed, mode);
        let wide = gelu(self.widen.forward(modulated(x.clone(), shift2, scale2)));
        x + gate2 * self.narrow.forward(self.dropouts[1].forward(wide, mode))
    }

    fn attention(&self, x: Tensor<3>, rotary: Option<&Rotary>) -> Tensor<3> {
        let [q, k, v] = split(self.qkv.forward(x), self.heads);
        let [q, k] = [q, k].map(|x| match rotary {
            Some(rotary) => rotary.turn(x),
            None => x,
        });
        self.merge.forward(merge(attend(q, k, v, None)))
    }
}

#[cfg(test)]
mod tests;
