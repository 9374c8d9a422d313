//! A stage of a U-Net: a residual block, perhaps with attention after it, perhaps with a change of resolution.

use burn::prelude::*;

use super::Plan;
use super::context::{CrossAttention, Seen};
use crate::nn::attention::{attend, merge, split};
use crate::nn::patches::{places, repeated, tokens};
use crate::nn::{Conv2d, Dropout, GroupNorm, Init, Linear, Mode};

/// What every stage is told.
pub struct Told {
    /// Noise level and class, `[batch or 1, embedding]`.
    pub embedding: Tensor<2>,
    /// What cross-attention looks at.
    pub seen: Option<Seen>,
    pub mode: Mode,
}

/// A residual block, perhaps with attention after it and a change of resolution before or after.
#[derive(Module, Debug)]
pub struct Stage {
    residual: Option<Residual>,
    attention: Option<Attention>,
    context: Option<CrossAttention>,
    /// Halves (in `down`) or doubles (in `up`) the sides.
    resample: Option<Conv2d>,
    double: [usize; 2],
}

impl Stage {
    /// A residual block alone; `layer` tells the dropouts of one network apart.
    pub fn new(channels: [usize; 2], layer: usize, plan: &Plan, init: &Init) -> Self {
        let residual = Some(Residual::new(channels, layer, plan, &init.at("residual")));
        Self { residual, attention: None, context: None, resample: None, double: plan.axes.span(2) }
    }

    /// A change of resolution alone.
    pub fn resampling(halve: Conv2d, plan: &Plan) -> Self {
        let resample = Some(halve);
        Self { residual: None, attention: None, context: None, resample, double: plan.axes.span(2) }
    }

    /// With self-attention, and with cross-attention where the plan has a context.
    pub fn attending(self, channels: usize, plan: &Plan, init: &Init) -> Self {
        let cross = |context| {
            let heads = channels / plan.config.head;
            CrossAttention::new(channels, heads, context, &init.at("context"))
        };
        Self {
            attention: Some(Attention::new(channels, plan, &init.at("attention"))),
            context: plan.config.context.as_ref().map(cross),
            ..self
        }
    }

    /// Puts this convolution after a doubling of the sides, at the stage's end.
    pub fn smooth(&mut self, convolution: Conv2d) {
        self.resample = Some(convolution);
    }

    /// `[batch, from, height, width]` to `[batch, to, ..]`, the sides halved if there is a resampling.
    pub fn down(&self, h: Tensor<4>, told: &Told) -> Tensor<4> {
        match &self.resample {
            Some(halve) => halve.forward(h),
            None => self.work(h, told),
        }
    }

    /// `[batch, from, height, width]` to `[batch, to, ..]`, the sides doubled if there is a resampling.
    pub fn up(&self, h: Tensor<4>, told: &Told) -> Tensor<4> {
        let h = self.work(h, told);
        match &self.resample {
            Some(smooth) => smooth.forward(repeated(h, self.double)),
            None => h,
        }
    }

    fn work(&self, h: Tensor<4>, told: &Told) -> Tensor<4> {
        let h = match &self.residual {
            Some(residual) => residual.forward(h, told),
            None => h,
        };
        let h = match &self.attention {
            Some(attention) => attention.forward(h),
            None => h,
        };
        match &self.context {
            Some(cross) => cross.forward(h, told.seen.as_ref()),
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
    fn new([from, to]: [usize; 2], layer: usize, plan: &Plan, init: &Init) -> Self {
        let config = plan.config;
        let groups = if from.is_multiple_of(config.groups) { config.groups } else { 1 };
        let kernel = plan.axes.span(plan.kernel);
        Self {
            norm1: GroupNorm::new(groups, from, &init.at("norm1")),
            conv1: Conv2d::spanning([from, to], kernel, [1, 1], &init.at("conv1")),
            embed: Linear::new(config.embedding, 2 * to, &init.at("embed")),
            norm2: GroupNorm::new(config.groups, to, &init.at("norm2")),
            dropout: Dropout::new(config.dropout, layer),
            conv2: Conv2d::zero([to, to], kernel, &init.at("conv2")),
            skip: (from != to).then(|| Conv2d::new([from, to], 1, 1, &init.at("skip"))),
        }
    }

    fn forward(&self, x: Tensor<4>, told: &Told) -> Tensor<4> {
        let batch = x.dims()[0];
        let h = self.conv1.forward(self.norm1.activated(x.clone()));
        let c = h.dims()[1];
        let modulation = self.embed.forward(told.embedding.clone()); // [B or 1, 2C]
        let scale = modulation.clone().narrow(1, 0, c).expand([batch, c]);
        let shift = modulation.narrow(1, c, c).expand([batch, c]);
        let h = self.dropout.forward(self.norm2.modulated(h, scale, shift), told.mode);
        let x = match &self.skip {
            Some(skip) => skip.forward(x),
            None => x,
        };
        self.conv2.onto(x, h)
    }
}

/// Self-attention over all places.
#[derive(Module, Debug)]
struct Attention {
    norm: GroupNorm,
    qkv: Linear,
    output: Linear,
    heads: usize,
}

impl Attention {
    fn new(channels: usize, plan: &Plan, init: &Init) -> Self {
        Self {
            norm: GroupNorm::new(plan.config.groups, channels, &init.at("norm")),
            qkv: Linear::new(channels, 3 * channels, &init.at("qkv")),
            output: Linear::zero(channels, channels, &init.at("output")),
            heads: channels / plan.config.head,
        }
    }

    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let [_, _, h, w] = x.dims();
        let [q, k, v] = split(self.qkv.forward(tokens(self.norm.forward(x.clone()))), self.heads);
        let mixed = merge(attend(q, k, v, None)); // [B, T, C]
        x + places(self.output.forward(mixed), [h, w])
    }
}
