//! Decoding: which tokens to take, given how probable a model finds each. They are drawn where the model computes, by numbers keyed by the
//! sample, as all noise is.

mod cut;
mod ancestral;
mod confidence;

use burn::prelude::*;
use kiln_kernels::tokens::{self, Keep};
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
    /// Only so many of the most probable tokens are drawn from, and those as probable as the last of them (Fan et al. 2018,
    /// <https://arxiv.org/abs/1805.04833>); 0 is all.
    pub top_k: usize,
    /// Only the fewest of the most probable tokens that come to this share are drawn from (Holtzman et al. 2020,
    /// <https://arxiv.org/abs/1904.09751>); 1 is all.
    pub top_p: f64,
    /// Only tokens are drawn from that are at least this share as probable as the most probable (Nguyen et al. 2025,
    /// <https://arxiv.org/abs/2407.01082>); 0 is all.
    pub min_p: f64,
}

impl Default for Decoding {
    fn default() -> Self {
        let decoder = DecoderConfig::named("ancestral").expect("the default should be registered");
        Self { decoder, temperature: 1.0, top_k: 0, top_p: 1.0, min_p: 0.0 }
    }
}

impl Decoding {
    /// Refuses options that their types alone do not.
    pub fn check(&self) -> Result<()> {
        within("temperature", self.temperature, 1e-3, 1e3)?;
        within("top_p", self.top_p, 1e-6, 1.0)?;
        within("min_p", self.min_p, 0.0, 1.0)?;
        under("decoder", self.decoder.check())
    }

    /// `ln p` after temperature and cuts, `[batch, length, vocabulary]`.
    pub fn sharpened(&self, log_p: Tensor<3>) -> Tensor<3> {
        let Self { temperature, top_k, top_p, min_p, .. } = *self;
        let keep = Keep { temperature, top_k, top_p, min_p };
        if keep == Keep::default() {
            return log_p;
        }
        let shape = log_p.dims();
        tokens::keep(log_p.flatten::<2>(0, 1), keep).reshape(shape)
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
    /// A token of each place, `[batch, length]`, from `ln p`, `[batch, length, width]`; `draw` counts the draws within the step.
    pub fn drawn(&self, draw: u32, log_p: Tensor<3>) -> Tensor<2> {
        let noise = self.noise;
        tokens::draw(log_p.flatten(0, 1), self.key(draw).draws(noise.rows, noise.features))
    }

    /// Gumbel noise, one number a place, `[batch, length]`.
    pub fn gumbel(&self, draw: u32) -> Tensor<2> {
        let noise = self.noise;
        let mut values = vec![0.0_f32; noise.rows * noise.features];
        for (row, values) in values.chunks_mut(noise.features).enumerate() {
            let key = Key { index: noise.first + row as u64, ..self.key(draw) };
            values.iter_mut().zip(key.words()).for_each(|(slot, word)| *slot = gumbel(word) as f32);
        }
        let data = TensorData::new(values, [noise.rows, noise.features]);
        Tensor::from_data(data, (&noise.device, self.log_x0.dtype()))
    }

    fn key(&self, draw: u32) -> Key {
        Key::new(self.noise.seed, Purpose::SamplerNoise, self.noise.first).draw(self.step | draw << 20)
    }
}

/// `−ln(−ln u)` with `u` in the middle of one of 2³² cells.
fn gumbel(word: u32) -> f64 {
    -libm::log(-libm::log((f64::from(word) + 0.5) / 4_294_967_296.0))
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
