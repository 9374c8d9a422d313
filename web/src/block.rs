//! The U-Net's residual block by itself, for `benches/run.sh browser`: the page's modules are built without it.
//!
//! ```text
//! y = x + conv₂(silu(norm₂(conv₁(silu(norm₁(x)))) (1 + scale) + shift)),   [scale, shift] = e W + b
//! ```

use burn::prelude::*;
use kiln::nn::{Conv2d, GroupNorm, Init, Linear, collect, replace};
use kiln::{Error, Result, weights};
use wasm_bindgen::prelude::*;

use crate::failure::thrown;

/// A residual block on the CPU.
#[wasm_bindgen]
pub struct Block {
    layers: Layers,
    device: Device,
}

/// In the order in which the parameters are given.
#[derive(Module, Debug)]
struct Layers {
    norm1: GroupNorm,
    conv1: Conv2d,
    embed: Linear,
    norm2: GroupNorm,
    conv2: Conv2d,
}

#[wasm_bindgen]
impl Block {
    /// A block of `channels` in `groups`, told an `embedding` of that width. `parameters` are those of the layers, one after another:
    /// norms' scale and shift, `[channels]` each; kernels `[out, in, 3, 3]` and biases; the embedding's `[embedding, 2 channels]` and bias.
    #[wasm_bindgen(constructor)]
    pub fn new(
        channels: usize,
        groups: usize,
        embedding: usize,
        parameters: &[f32],
    ) -> Result<Block, JsError> {
        let device = kiln::device::cpu().map_err(thrown)?;
        let layers = Layers::new(channels, groups, embedding, &Init::new(0, &device));
        let layers = layers.with(parameters, &device).map_err(thrown)?;
        Ok(Self { layers, device })
    }

    /// `x`, `[batch, channels, side, side]`, and what each sample is told, `[batch, embedding]`, flattened, to a promise of the output,
    /// shaped as `x` and flattened.
    pub async fn forward(
        &self,
        x: Vec<f32>,
        told: Vec<f32>,
        batch: usize,
        side: usize,
    ) -> Result<Vec<f32>, JsError> {
        let (channels, embedding) = (x.len() / (batch * side * side), told.len() / batch);
        let x = Tensor::from_data(TensorData::new(x, [batch, channels, side, side]), &self.device);
        let told = Tensor::from_data(TensorData::new(told, [batch, embedding]), &self.device);
        weights::read(self.layers.forward(x, told)).await.map_err(thrown)
    }
}

impl Layers {
    fn new(channels: usize, groups: usize, embedding: usize, init: &Init) -> Self {
        Self {
            norm1: GroupNorm::new(groups, channels, &init.at("norm1")),
            conv1: Conv2d::new([channels; 2], 3, 1, &init.at("conv1")),
            embed: Linear::new(embedding, 2 * channels, &init.at("embed")),
            norm2: GroupNorm::new(groups, channels, &init.at("norm2")),
            conv2: Conv2d::new([channels; 2], 3, 1, &init.at("conv2")),
        }
    }

    /// The same with other parameters.
    fn with(self, mut parameters: &[f32], device: &Device) -> Result<Self> {
        let mut values = Vec::new();
        for named in collect(&self) {
            let Some((own, rest)) = parameters.split_at_checked(named.shape.iter().product()) else {
                return Err(Error::config(".", format!("there are no numbers for {}", named.path)));
            };
            values.push(Tensor::from_data(own, device));
            parameters = rest;
        }
        Ok(replace(self, &values))
    }

    /// `[batch, channels, height, width]` to the same; `told` is `[batch, embedding]`.
    fn forward(&self, x: Tensor<4>, told: Tensor<2>) -> Tensor<4> {
        let h = self.conv1.forward(self.norm1.activated(x.clone()));
        let [scale, shift] =
            self.embed.forward(told).chunk(2, 1).try_into().expect("there should be two parts");
        x + self.conv2.forward(self.norm2.modulated(h, scale, shift))
    }
}
