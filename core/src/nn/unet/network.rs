//! The way down, the middle and the way up, as one network for pictures and sequences.

use burn::prelude::*;
use kiln_kernels::activation::silu;

use super::Plan;
use super::context::{ClassToken, Seen};
use super::stage::{Stage, Told};
use crate::nn::patches::{fold, unfold};
use crate::nn::{Condition, Conv2d, GroupNorm, Init, Linear, Mode, Network, fourier_of};

/// A U-Net.
#[derive(Module, Debug)]
pub struct Unet {
    level: Linear,
    class: Option<Linear>,
    embed: Linear,
    /// What cross-attention looks at where it is given no context.
    token: Option<ClassToken>,
    input: Conv2d,
    down: Vec<Stage>,
    middle: Vec<Stage>,
    up: Vec<Stage>,
    norm: GroupNorm,
    output: Conv2d,
    size: [usize; 3],
    patch: [usize; 2],
    features: usize,
}

impl Unet {
    /// Builds what the plan, which has been checked, says.
    pub fn new(plan: &Plan, init: &Init) -> Self {
        let Plan { config, interface, .. } = plan;
        let (embedding, classes) = (config.embedding, interface.classes.len());
        let patch = plan.axes.span(config.patch);
        let folded = plan.size[0] * patch[0] * patch[1];
        let features = config.channels.max(16);
        let kernel = plan.axes.span(plan.kernel);
        let Stages { down, middle, up } = Stages::new(plan, init);
        let last = plan.width(0);
        Self {
            level: Linear::new(features, embedding, &init.at("level")),
            class: (classes > 0).then(|| Linear::new(classes, embedding, &init.at("class"))),
            embed: Linear::new(embedding, embedding, &init.at("embed")),
            token: plan.token().map(|width| ClassToken::new(classes, width, &init.at("token"))),
            input: Conv2d::spanning([folded, config.channels], kernel, [1, 1], &init.at("input")),
            down,
            middle,
            up,
            norm: GroupNorm::new(config.groups, last, &init.at("norm")),
            output: Conv2d::zero([last, interface.outputs * folded], kernel, &init.at("output")),
            size: plan.size,
            patch,
            features,
        }
    }

    /// `[batch, embedding]`, or `[1, embedding]` where noise level and class are the batch's.
    fn embedding(&self, condition: &Condition, device: &Device) -> Tensor<2> {
        let mut e = self.level.forward(fourier_of(condition, self.features, device));
        if let (Some(layer), Some(class)) = (&self.class, &condition.class) {
            e = e + layer.forward(class.clone());
        }
        silu(self.embed.forward(silu(e)))
    }

    /// What each of `batch` rows can look at.
    fn seen(&self, condition: &Condition, batch: usize, device: &Device) -> Option<Seen> {
        let given = |tokens| Seen { tokens, padding: condition.padding.clone() };
        match &self.token {
            Some(token) => Some(token.forward(condition, batch, device)),
            None => condition.context.clone().map(given),
        }
    }
}

impl Network for Unet {
    fn forward(&self, x: Tensor<2>, condition: &Condition, mode: Mode) -> Tensor<2> {
        let [c, height, width] = self.size;
        let (batch, device) = (x.dims()[0], x.device());
        let (embedding, seen) = (self.embedding(condition, &device), self.seen(condition, batch, &device));
        let told = Told { embedding, seen, mode };
        let x = fold(x.reshape([batch, c, height, width]), self.patch);
        let mut h = self.input.forward(x);
        let mut skips = vec![h.clone()];
        for stage in &self.down {
            h = stage.down(h, &told);
            skips.push(h.clone());
        }
        for stage in &self.middle {
            h = stage.up(h, &told);
        }
        for stage in &self.up {
            let skip = skips.pop().expect("each stage down should have left a skip");
            h = stage.up(Tensor::cat(vec![h, skip], 1), &told);
        }
        let h = self.output.forward(self.norm.activated(h));
        unfold(h, self.patch).flatten(1, 3) // [B, outputs C H W]
    }
}

/// The stages, while they are being built.
struct Stages {
    down: Vec<Stage>,
    middle: Vec<Stage>,
    up: Vec<Stage>,
}

impl Stages {
    fn new(plan: &Plan, init: &Init) -> Self {
        let (levels, channels, blocks) = (plan.levels(), plan.config.channels, plan.config.blocks);
        let kernel = plan.axes.span(plan.kernel);
        let mut layer = 0;
        let mut block = |from: usize, to: usize, attends: bool, init: &Init| {
            layer += 1;
            let stage = Stage::new([from, to], layer, plan, init);
            if attends { stage.attending(to, plan, init) } else { stage }
        };

        // What the way up will find on the stack: one entry for the input and for each stage down.
        let mut skips = vec![channels];
        let mut down = Vec::new();
        let mut now = channels;
        for level in 0..levels {
            for _ in 0..blocks {
                let init = init.at("down").at(down.len());
                down.push(block(now, plan.width(level), plan.attends(level), &init));
                now = plan.width(level);
                skips.push(now);
            }
            if level + 1 < levels {
                let init = init.at("down").at(down.len()).at("resample");
                let halve = Conv2d::spanning([now, now], kernel, plan.axes.span(2), &init);
                down.push(Stage::resampling(halve, plan));
                skips.push(now);
            }
        }
        let middle = vec![
            block(now, now, plan.attends(levels - 1), &init.at("middle").at(0)),
            block(now, now, false, &init.at("middle").at(1)),
        ];
        let mut up = Vec::new();
        for level in (0..levels).rev() {
            for i in 0..=blocks {
                let init = init.at("up").at(up.len());
                let skip = skips.pop().expect("each stage down should have left a skip");
                let mut stage = block(now + skip, plan.width(level), plan.attends(level), &init);
                now = plan.width(level);
                if i == blocks && level > 0 {
                    stage.smooth(Conv2d::spanning([now, now], kernel, [1, 1], &init.at("resample")));
                }
                up.push(stage);
            }
        }
        Self { down, middle, up }
    }
}
