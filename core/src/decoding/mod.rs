//! Decoding: which tokens to take, given how probable a model finds each.
//!
//! ```text
//! x = argmax_k (ln p_k + g_k),   g_k = −ln(−ln u_k),   is distributed as p      (Gumbel 1954; Maddison et al. 2014)
//! ```
//!
//! <https://arxiv.org/abs/1411.0030>. So a draw needs no cumulative sum, and nothing is read from the device. The uniform numbers are
//! keyed by the sample, as all noise is.

mod cut;
mod ancestral;
mod confidence;

use burn::prelude::*;
use burn::tensor::activation::log_softmax;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Result;
use crate::config::check::{under, within};
use crate::random::{Key, Purpose};
use crate::samplers::Noise;

pub use crate::nn::NEVER;
pub use cut::cut;

/// How tokens are drawn.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Decoding {
    /// In which order tokens are decided.
    pub decoder: DecoderConfig,
    /// `p^(1/temperature)` is drawn from: below 1 the probable becomes more so.
    pub temperature: f64,
    /// Only the most probable tokens that together come to this share are drawn from (Holtzman et al. 2020,
    /// <https://arxiv.org/abs/1904.09751>); 1 is all.
    pub top_p: f64,
}

impl Default for Decoding {
    fn default() -> Self {
        let decoder = DecoderConfig::named("ancestral").expect("the default should be registered");
        Self { decoder, temperature: 1.0, top_p: 1.0 }
    }
}

impl Decoding {
    /// Refuses options that their types alone do not.
    pub fn check(&self) -> Result<()> {
        within("temperature", self.temperature, 1e-3, 1e3)?;
        within("top_p", self.top_p, 1e-6, 1.0)?;
        under("decoder", self.decoder.check())
    }

    /// `ln p` after temperature and cut, `[batch, length, vocabulary]`.
    pub fn sharpened(&self, mut log_p: Tensor<3>) -> Tensor<3> {
        if self.temperature != 1.0 {
            log_p = log_softmax(log_p / self.temperature, 2);
        }
        if self.top_p < 1.0 {
            let p = log_p.clone().exp();
            let wanted = p.clone().sum_dim(2) * self.top_p;
            let least = cut(&p, &p, &wanted).expand(p.dims());
            log_p = log_softmax(log_p.mask_fill(p.lower(least), NEVER), 2);
        }
        log_p
    }
}

/// One step of a walk from noise to tokens, as a decoder sees it.
pub struct Moment<'a> {
    /// The tokens now, `[batch, length]`.
    pub x: Tensor<2>,
    /// `ln p(x_0|x)`, `[batch, length, vocabulary]`.
    pub log_x0: Tensor<3>,
    /// `ln p(x_s|x)` from `ln p(x_0|x)`, `[batch, length, states]`: the step as the process itself would take it.
    pub reverse: &'a dyn Fn(Tensor<3>) -> Tensor<3>,
    /// The token that stands for none; `None` where noise is other tokens.
    pub mask: Option<usize>,
    /// How many tokens of each row should still be masked after the step, `[batch, 1]`; 0 in the last. `None` where there is no mask.
    pub open: Option<Tensor<2>>,
    /// Share of the walk that lies ahead after this step.
    pub ahead: f64,
    /// Where chance comes from.
    pub noise: &'a Noise,
    /// Which step this is, from 0.
    pub step: u32,
}

impl Moment<'_> {
    /// Gumbel noise `[batch, length, width]`; `draw` counts the draws within the step.
    pub fn gumbel(&self, draw: u32, width: usize) -> Tensor<3> {
        let noise = self.noise;
        let mut values = vec![0.0_f32; noise.rows * noise.features * width];
        for (row, values) in values.chunks_mut(noise.features * width).enumerate() {
            let key = Key::new(noise.seed, Purpose::SamplerNoise, noise.first + row as u64);
            for (slot, word) in values.iter_mut().zip(key.draw(self.step | draw << 20).words()) {
                *slot = gumbel(word) as f32;
            }
        }
        let shape = [noise.rows, noise.features, width];
        Tensor::from_data(TensorData::new(values, shape), (&noise.device, self.log_x0.dtype()))
    }
}

/// `−ln(−ln u)` with `u` in the middle of one of 2³² cells.
fn gumbel(word: u32) -> f64 {
    -libm::log(-libm::log((f64::from(word) + 0.5) / 4_294_967_296.0))
}

/// Where the largest of the last axis stands, as tokens: `[batch, length, n]` to `[batch, length]`.
pub fn largest(scores: Tensor<3>) -> Tensor<2> {
    let ([batch, length, _], dtype) = (scores.dims(), scores.dtype());
    scores.argmax(2).float().cast(dtype).reshape([batch, length])
}

/// An order in which tokens are decided.
pub trait Decoder {
    /// Refuses options that its type alone does not.
    fn check(&self) -> Result<()> {
        Ok(())
    }

    /// Whether it decides tokens for good, so that those which are not decided have to be told from those which are.
    fn wants_mask(&self) -> bool {
        false
    }

    /// The tokens after the step, `[batch, length]`.
    fn step(&self, moment: &Moment) -> Tensor<2>;
}

registry! {
    /// The decoders that a configuration can name.
    pub enum DecoderConfig("decoder"): dyn Decoder {
        "ancestral" => ancestral::Ancestral,
        "confidence" => confidence::Confidence,
    }
}

#[cfg(test)]
mod tests;
