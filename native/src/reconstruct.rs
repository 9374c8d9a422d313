//! Samples through a codec and back: a batch at a time.

use burn::prelude::*;
use kiln::codec::Codec;
use kiln::{Result, weights};
use pollster::block_on;

/// Samples at a time.
const BATCH: usize = 250;

/// What a codec makes of samples, on the host.
#[derive(Default)]
pub struct Coded {
    /// Their latents, one after the other.
    pub latents: Vec<f32>,
    /// What the latents stand for, one after the other.
    pub rows: Vec<f32>,
}

/// Encodes and decodes `rows`, of so many features each.
pub fn code(codec: &dyn Codec, rows: &[f32], features: usize, device: &Device) -> Result<Coded> {
    let mut coded = Coded::default();
    for part in rows.chunks(BATCH * features) {
        let data = TensorData::new(part.to_vec(), [part.len() / features, features]);
        let z = codec.encode(Tensor::from_data(data, device));
        let x = codec.decode(z.clone());
        coded.latents.extend(block_on(weights::read(z))?);
        coded.rows.extend(block_on(weights::read(x))?);
    }
    Ok(coded)
}
