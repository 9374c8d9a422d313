//! The way down, the middle and the way up, as one network for pictures and sequences.

use burn::prelude::*;
use burn::tensor::activation::silu;

use super::Plan;
use super::stage::{Stage, Told};
use crate::nn::patches::{fold, unfold};
use crate::nn::{Condition, Conv2d, Forward, GroupNorm, Init, Linear, Mode, fourier_of};

/// A U-Net.
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
    patch: [usize; 2],
    features: usize,
}

impl Unet {
    /// Builds what the plan, which has been checked, says.
    pub fn new(plan: &Plan, init: &Init) -> Self {
        let patch = plan.axes.span(plan.patch);
        let folded = plan.size[0] * patch[0] * patch[1];
        let features = plan.channels.max(16);
        let kernel = plan.axes.span(plan.kernel);
        let Stages { down, middle, up } = Stages::new(plan, init);
        let last = plan.width(0);
        Self {
            level: Linear::new(features, plan.embedding, &init.at("level")),
            class: (plan.classes > 0).then(|| Linear::new(plan.classes, plan.embedding, &init.at("class"))),
            embed: Linear::new(plan.embedding, plan.embedding, &init.at("embed")),
            input: Conv2d::spanning([folded, plan.channels], kernel, [1, 1], &init.at("input")),
            down,
            middle,
            up,
            norm: GroupNorm::new(plan.groups, last, &init.at("norm")),
            output: Conv2d::zero([last, plan.outputs * folded], kernel, &init.at("output")),
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
}

impl Forward for Unet {
    fn forward(&self, x: Tensor<2>, condition: &Condition, mode: Mode) -> Tensor<2> {
        let [c, height, width] = self.size;
        let batch = x.dims()[0];
        let told = Told { embedding: self.embedding(condition, &x.device()), condition, mode };
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
        let h = self.output.forward(silu(self.norm.forward(h)));
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
        let levels = plan.multipliers.len();
        let kernel = plan.axes.span(plan.kernel);
        let mut layer = 0;
        let mut block = |from: usize, to: usize, attends: bool, init: &Init| {
            layer += 1;
            let stage = Stage::new([from, to], layer, plan, init);
            if attends { stage.attending(to, plan, init) } else { stage }
        };

        // What the way up will find on the stack: one entry for the input and for each stage down.
        let mut skips = vec![plan.channels];
        let mut down = Vec::new();
        let mut now = plan.channels;
        for level in 0..levels {
            for _ in 0..plan.blocks {
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
            for i in 0..=plan.blocks {
                let init = init.at("up").at(up.len());
                let skip = skips.pop().expect("each stage down should have left a skip");
                let mut stage = block(now + skip, plan.width(level), plan.attends(level), &init);
                now = plan.width(level);
                if i == plan.blocks && level > 0 {
                    stage.smooth(Conv2d::spanning([now, now], kernel, [1, 1], &init.at("resample")));
                }
                up.push(stage);
            }
        }
        Self { down, middle, up }
    }
}
