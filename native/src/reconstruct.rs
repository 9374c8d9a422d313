//! Samples through a codec and back: a batch at a time.

use burn::prelude::*;
use kiln::codec::Codec;
use kiln::{Result, weights};
use pollster::block_on;

/// Samples at a time.
const BATCH: usize = 250;

/// What is left of `rows`, of so many features each, after encoding and decoding.
pub fn rows(codec: &dyn Codec, rows: &[f32], features: usize, device: &Device) -> Result<Vec<f32>> {
    let mut made = Vec::with_capacity(rows.len());
    for part in rows.chunks(BATCH * features) {
        made.extend(block_on(weights::read(codec.decode(encoded(codec, part, features, device))))?);
    }
    Ok(made)
}

/// The latents of `rows`, one after the other.
pub fn latents(codec: &dyn Codec, rows: &[f32], features: usize, device: &Device) -> Result<Vec<f32>> {
    let mut latents = Vec::new();
    for part in rows.chunks(BATCH * features) {
        latents.extend(block_on(weights::read(encoded(codec, part, features, device)))?);
    }
    Ok(latents)
}

fn encoded(codec: &dyn Codec, rows: &[f32], features: usize, device: &Device) -> Tensor<2> {
    let data = TensorData::new(rows.to_vec(), [rows.len() / features, features]);
    codec.encode(Tensor::from_data(data, device))
}
