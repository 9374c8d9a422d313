//! The U-Net of diffusion models: residual blocks down, through the middle and up again, with skips across.
//!
//! Ronneberger et al. 2015, <https://arxiv.org/abs/1505.04597>; Ho et al. 2020, <https://arxiv.org/abs/2006.11239>;
//! adaptive group normalisation of Dhariwal and Nichol 2021, <https://arxiv.org/abs/2105.05233>. With `patch: 2` the picture
//! is folded to half its height and width with four times the channels first (Hoogeboom et al. 2023,
//! <https://arxiv.org/abs/2301.11093>, section 3.2), which costs little quality and a quarter of the time.

use burn::prelude::*;
use burn::tensor::activation::{silu, softmax};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Architecture, Condition, Conv2d, Dropout, Forward, GroupNorm, Init, Interface, Linear, Mode, Network,
    fourier,
};
use crate::config::check::at_least;
use crate::registry::{About, Member};
use crate::{Error, Result};

/// A U-Net for pictures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct UnetConfig {
    /// Channels at the highest resolution.
    pub channels: usize,
    /// Channels of each level, as multiples; each level halves the height and width of the one before.
    pub multipliers: Vec<usize>,
    /// Residual blocks a level, on the way down (one more on the way up).
    pub blocks: usize,
    /// Heights, after folding, at which there is self-attention.
    pub attention: Vec<usize>,
    /// Channels of an attention head.
    pub head: usize,
    /// Width of the embedding of noise level and class.
    pub embedding: usize,
    /// Groups of the group normalisations; must divide each level's channels.
    pub groups: usize,
    /// Probability of dropping an activation while training.
    pub dropout: f64,
    /// Fold squares of this side into channels first.
    pub patch: usize,
}

impl Default for UnetConfig {
    fn default() -> Self {
        Self {
            channels: 64,
            multipliers: vec![1, 2, 2],
            blocks: 2,
            attention: vec![],
            head: 32,
            embedding: 256,
            groups: 8,
            dropout: 0.0,
            patch: 1,
        }
    }
}

impl Member for UnetConfig {
    const ABOUT: About = About {
        summary: "U-Net with residual blocks, attention and adaptive group normalisation",
        paper: "Ho et al. 2020, https://arxiv.org/abs/2006.11239; Dhariwal and Nichol 2021, https://arxiv.org/abs/2105.05233",
    };
}

impl Architecture for UnetConfig {
    fn build(&self, interface: &Interface, init: &Init) -> Result<Box<dyn Network>> {
        let &[channels, height, width] = interface.shape.as_slice() else {
            let shape = &interface.shape;
            return Err(Error::config(
                ".",
                format!("a unet takes pictures [channels, height, width], not {shape:?}"),
            ));
        };
        at_least("blocks", self.blocks, 1)?;
        at_least("patch", self.patch, 1)?;
        at_least("multipliers", self.multipliers.len(), 1)?;
        at_least("embedding", self.embedding, 4)?;
        let fold = self.patch << (self.multipliers.len() - 1);
        if !height.is_multiple_of(fold) || !width.is_multiple_of(fold) {
            let message = format!(
                "{} levels and patch {} need a height and width divisible by {fold}; the data are {height}x{width}",
                self.multipliers.len(),
                self.patch
            );
            return Err(Error::config("multipliers", message));
        }
        for m in &self.multipliers {
            let c = self.channels * m;
            if self.groups == 0 || c == 0 || !c.is_multiple_of(self.groups) {
                return Err(Error::config(
                    "groups",
                    format!("{} groups do not divide {c} channels", self.groups),
                ));
            }
            if !self.attention.is_empty() && (self.head == 0 || !c.is_multiple_of(self.head)) {
                return Err(Error::config(
                    "head",
                    format!("heads of {} do not divide {c} channels", self.head),
                ));
            }
        }
        let size = [channels, height, width];
        Ok(Box::new(Unet::new(self, size, interface.classes.len(), init)))
    }
}

/// The network of [`UnetConfig`].
#[derive(Module, Debug)]
pub struct Unet {
    level: Linear,
    class: Option<Linear>,
    embed: Linear,
    input: Conv2d,
    down: Vec<Stage>,
    middle: Vec<Stage>,
    up: Vec<Stage>,
    norm: GroupNorm,
    output: Conv2d,
    size: [usize; 3],
    patch: usize,
    features: usize,
}

/// A residual block, perhaps with attention after it and a change of resolution before or after.
#[derive(Module, Debug)]
struct Stage {
    residual: Option<Residual>,
    attention: Option<Attention>,
    /// Halves (in `down`) or doubles (in `up`) height and width.
    resample: Option<Conv2d>,
}

impl Unet {
    fn new(config: &UnetConfig, size: [usize; 3], classes: usize, init: &Init) -> Self {
        let width = |level: usize| config.channels * config.multipliers[level];
        let height = |level: usize| (size[1] / config.patch) >> level;
        let levels = config.multipliers.len();
        let folded = size[0] * config.patch * config.patch;
        let features = config.channels.max(16);
        let mut layer = 0;
        let mut block = |from: usize, to: usize, attend: bool, init: &Init| {
            layer += 1;
            Stage {
                residual: Some(Residual::new([from, to], layer, config, &init.at("residual"))),
                attention: attend.then(|| Attention::new(to, config, &init.at("attention"))),
                resample: None,
            }
        };
        let attends = |level: usize| config.attention.contains(&height(level));

        // What the way up will find on the stack: one entry for the input and for each stage down.
        let mut skips = vec![config.channels];
        let mut down = Vec::new();
        let mut now = config.channels;
        for level in 0..levels {
            for _ in 0..config.blocks {
                down.push(block(now, width(level), attends(level), &init.at("down").at(down.len())));
                now = width(level);
                skips.push(now);
            }
            if level + 1 < levels {
                let init = init.at("down").at(down.len()).at("resample");
                let resample = Some(Conv2d::new([now, now], 3, 2, &init));
                down.push(Stage { residual: None, attention: None, resample });
                skips.push(now);
            }
        }
        let middle = vec![
            block(now, now, attends(levels - 1), &init.at("middle").at(0)),
            block(now, now, false, &init.at("middle").at(1)),
        ];
        let mut up = Vec::new();
        for level in (0..levels).rev() {
            for i in 0..=config.blocks {
                let init = init.at("up").at(up.len());
                let skip = skips.pop().expect("each stage down should have left a skip");
                let mut stage = block(now + skip, width(level), attends(level), &init);
                now = width(level);
                if i == config.blocks && level > 0 {
                    stage.resample = Some(Conv2d::new([now, now], 3, 1, &init.at("resample")));
                }
                up.push(stage);
            }
        }
        Self {
            level: Linear::new(features, config.embedding, &init.at("level")),
            class: (classes > 0).then(|| Linear::new(classes, config.embedding, &init.at("class"))),
            embed: Linear::new(config.embedding, config.embedding, &init.at("embed")),
            input: Conv2d::new([folded, config.channels], 3, 1, &init.at("input")),
            down,
            middle,
            up,
            norm: GroupNorm::new(config.groups, now, &init.at("norm")),
            output: Conv2d::zero([now, folded], 3, &init.at("output")),
            size,
            patch: config.patch,
            features,
        }
    }

    /// `[batch, embedding]`, or `[1, embedding]` where noise level and class are the batch's.
    fn embedding(&self, condition: &Condition, device: &Device) -> Tensor<2> {
        let mut e = self.level.forward(fourier(&condition.noise, self.features, device));
        if let (Some(layer), Some(class)) = (&self.class, &condition.class) {
            e = e + layer.forward(class.clone());
        }
        silu(self.embed.forward(silu(e)))
    }
}

impl Forward for Unet {
    fn forward(&self, x: Tensor<2>, condition: &Condition, mode: Mode) -> Tensor<2> {
        let [c, height, width] = self.size;
        let batch = x.dims()[0];
        let e = self.embedding(condition, &x.device());
        let x = fold(x.reshape([batch, c, height, width]), self.patch);
        let mut h = self.input.forward(x);
        let mut skips = vec![h.clone()];
        for stage in &self.down {
            h = stage.down(h, &e, mode);
            skips.push(h.clone());
        }
        for stage in &self.middle {
            h = stage.up(h, &e, mode);
        }
        for stage in &self.up {
            let skip = skips.pop().expect("each stage down should have left a skip");
            h = stage.up(Tensor::cat(vec![h, skip], 1), &e, mode);
        }
        let h = self.output.forward(silu(self.norm.forward(h)));
        unfold(h, self.patch).reshape([batch, c * height * width])
    }
}

impl Stage {
    fn down(&self, h: Tensor<4>, e: &Tensor<2>, mode: Mode) -> Tensor<4> {
        match &self.resample {
            Some(halve) => halve.forward(h),
            None => self.work(h, e, mode),
        }
    }

    fn up(&self, h: Tensor<4>, e: &Tensor<2>, mode: Mode) -> Tensor<4> {
        let h = self.work(h, e, mode);
        match &self.resample {
            Some(smooth) => smooth.forward(double(h)),
            None => h,
        }
    }

    fn work(&self, h: Tensor<4>, e: &Tensor<2>, mode: Mode) -> Tensor<4> {
        let h = match &self.residual {
            Some(residual) => residual.forward(h, e, mode),
            None => h,
        };
        match &self.attention {
            Some(attention) => attention.forward(h),
            None => h,
        }
    }
}

#[derive(Module, Debug)]
struct Residual {
    norm1: GroupNorm,
    conv1: Conv2d,
    embed: Linear,
    norm2: GroupNorm,
    dropout: Dropout,
    conv2: Conv2d,
    skip: Option<Conv2d>,
}

impl Residual {
    fn new([from, to]: [usize; 2], layer: usize, config: &UnetConfig, init: &Init) -> Self {
        let groups = if from.is_multiple_of(config.groups) { config.groups } else { 1 };
        Self {
            norm1: GroupNorm::new(groups, from, &init.at("norm1")),
            conv1: Conv2d::new([from, to], 3, 1, &init.at("conv1")),
            embed: Linear::new(config.embedding, 2 * to, &init.at("embed")),
            norm2: GroupNorm::new(config.groups, to, &init.at("norm2")),
            dropout: Dropout::new(config.dropout, layer),
            conv2: Conv2d::zero([to, to], 3, &init.at("conv2")),
            skip: (from != to).then(|| Conv2d::new([from, to], 1, 1, &init.at("skip"))),
        }
    }

    fn forward(&self, x: Tensor<4>, e: &Tensor<2>, mode: Mode) -> Tensor<4> {
        let batch = x.dims()[0];
        let h = self.conv1.forward(silu(self.norm1.forward(x.clone())));
        let c = h.dims()[1];
        let modulation = self.embed.forward(e.clone()); // [B or 1, 2C]
        let scale = modulation.clone().narrow(1, 0, c).expand([batch, c]);
        let shift = modulation.narrow(1, c, c).expand([batch, c]);
        let h = silu(self.norm2.modulated(h, scale, shift));
        let h = self.conv2.forward(self.dropout.forward(h, mode));
        match &self.skip {
            Some(skip) => skip.forward(x) + h,
            None => x + h,
        }
    }
}

/// Self-attention over all places of a picture (Vaswani et al. 2017, <https://arxiv.org/abs/1706.03762>, Eq. 1).
#[derive(Module, Debug)]
struct Attention {
    norm: GroupNorm,
    qkv: Linear,
    output: Linear,
    heads: usize,
}

impl Attention {
    fn new(channels: usize, config: &UnetConfig, init: &Init) -> Self {
        Self {
            norm: GroupNorm::new(config.groups, channels, &init.at("norm")),
            qkv: Linear::new(channels, 3 * channels, &init.at("qkv")),
            output: Linear::zero(channels, channels, &init.at("output")),
            heads: channels / config.head,
        }
    }

    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let [b, c, h, w] = x.dims();
        let d = c / self.heads;
        let tokens = self.norm.forward(x.clone()).reshape([b, c, h * w]).swap_dims(1, 2); // [B, T, C]
        let qkv = self.qkv.forward(tokens).reshape([b, h * w, 3 * self.heads, d]).swap_dims(1, 2); // [B, 3H, T, D]
        let part = |i: usize| qkv.clone().narrow(1, i * self.heads, self.heads);
        let scores = part(0).matmul(part(1).swap_dims(2, 3)) * (1.0 / (d as f64).sqrt()); // [B, H, T, T]
        let mixed = softmax(scores, 3).matmul(part(2)); // [B, H, T, D]
        let mixed = mixed.swap_dims(1, 2).reshape([b, h * w, c]);
        x + self.output.forward(mixed).swap_dims(1, 2).reshape([b, c, h, w])
    }
}

/// `[b, c, h, w]` to `[b, c p², h / p, w / p]`.
fn fold(x: Tensor<4>, p: usize) -> Tensor<4> {
    if p == 1 {
        return x;
    }
    let [b, c, h, w] = x.dims();
    x.reshape([b, c, h / p, p, w / p, p]).permute([0, 1, 3, 5, 2, 4]).reshape([b, c * p * p, h / p, w / p])
}

/// `[b, c p², h, w]` to `[b, c, h p, w p]`: the inverse of [`fold`].
fn unfold(x: Tensor<4>, p: usize) -> Tensor<4> {
    if p == 1 {
        return x;
    }
    let [b, c, h, w] = x.dims();
    let c = c / (p * p);
    x.reshape([b, c, p, p, h, w]).permute([0, 1, 4, 2, 5, 3]).reshape([b, c, h * p, w * p])
}

/// Each value twice in height and width (nearest neighbour).
fn double(x: Tensor<4>) -> Tensor<4> {
    let [b, c, h, w] = x.dims();
    x.reshape([b, c, h, 1, w, 1]).expand([b, c, h, 2, w, 2]).reshape([b, c, 2 * h, 2 * w])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unfold_is_the_inverse_of_fold_and_folding_keeps_neighbours() {
        let x = Tensor::<1, Int>::arange(0..2 * 3 * 8 * 4, &Device::flex()).float().reshape([2, 3, 8, 4]);
        let folded = fold(x.clone(), 2);
        assert_eq!(folded.dims(), [2, 12, 4, 2]);
        let corner: Vec<f32> =
            folded.clone().slice([0..1, 0..4, 0..1, 0..1]).into_data().try_to_vec().expect("floats");
        assert_eq!(corner, [0.0, 1.0, 4.0, 5.0]);
        assert_eq!(unfold(folded, 2).into_data(), x.into_data());
    }

    #[test]
    fn doubling_repeats_each_value() {
        let x = Tensor::<1>::from_floats([1.0, 2.0], &Device::flex()).reshape([1, 1, 1, 2]);
        let doubled: Vec<f32> = double(x).into_data().try_to_vec().expect("floats");
        assert_eq!(doubled, [1.0, 1.0, 2.0, 2.0, 1.0, 1.0, 2.0, 2.0]);
    }
}
