//! The codec of a latent model: its stage's, with latents of the scale in which the diffusion model knows them.
//!
//! ```text
//! z = a f(x),   x = g(z/a)
//! ```

use std::rc::Rc;

use burn::prelude::*;

use crate::Result;
use crate::codec::Codec;
use crate::device::read_all_now;
use crate::model::Model;
use crate::random::Purpose;
use crate::samplers::Noise;

/// A stage, and what its latents are multiplied by.
pub(super) struct Scaled {
    /// A model with a codec.
    pub(super) stage: Rc<dyn Model>,
    pub(super) scale: f64,
}

impl Scaled {
    fn stage(&self) -> &dyn Codec {
        self.stage.codec().expect("a stage should have a codec")
    }
}

impl Codec for Scaled {
    fn latent_shape(&self) -> &[usize] {
        self.stage().latent_shape()
    }

    fn encode(&self, x: Tensor<2>) -> Tensor<2> {
        self.stage().encode(x) * self.scale
    }

    fn decode(&self, z: Tensor<2>) -> Tensor<2> {
        self.stage().decode(z / self.scale)
    }

    fn deviation(&self) -> Option<f64> {
        self.stage().deviation().map(|deviation| deviation * self.scale)
    }
}

/// Samples of noise that both codecs are asked about.
const ASKED: usize = 4;

/// The distance that rounding may make between what they say, as a share.
const ROUNDING: f64 = 0.1;

/// Whether latents of `other` mean what those of `own` do: whether both encoders make the same of the same samples, `features` numbers each.
pub(super) fn alike(own: &dyn Codec, other: &dyn Codec, features: usize, device: &Device) -> Result<bool> {
    let noise = Noise { seed: 0, first: 0, rows: ASKED, features, device: device.clone() };
    let x = noise.draw(Purpose::Metric, 0);
    let (z, other) = (own.encode(x.clone()), other.encode(x));
    let share = (z.clone() - other).square().sum() / (z.square().sum() + 1e-30);
    let why = "weak: whether its latents are this model's has to be read before the walk begins, which this device cannot do at once: \
               take the CPU";
    Ok(read_all_now(share, why)?.iter().all(|share| *share <= ROUNDING * ROUNDING))
}
