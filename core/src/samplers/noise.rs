//! Where stochastic samplers draw from: noise by key, the same whatever the batch and the device.

use burn::prelude::*;

use kiln_kernels::normals::Draws;

use super::{Vector, brownian};
use crate::Result;
use crate::config::check::not_negative;
use crate::random::{Key, Purpose};
use crate::schedules::Level;

/// Where stochastic samplers draw from. Standard normals, `[batch, features]`.
pub trait NoiseSource {
    /// The noise of a step; `draw` counts the draws within it.
    fn normal(&self, step: u32, draw: u32) -> Tensor<2>;

    /// The same, drawn where it is wanted.
    fn fresh(&self, step: u32, draw: u32) -> Vector {
        self.normal(step, draw).into()
    }

    /// The increment of a Brownian path from time `a` to time `b` (either order, both 0 or more), scaled to unit variance.
    fn brownian(&self, a: f64, b: f64) -> Tensor<2>;
}

/// Each sample's own noise, the same whatever the batch and the device.
#[derive(Clone, Debug)]
pub struct Noise {
    /// The request's seed.
    pub seed: u64,
    /// Index of the first row's sample.
    pub first: u64,
    /// Rows.
    pub rows: usize,
    /// Numbers in a sample.
    pub features: usize,
    /// Where the numbers are wanted.
    pub device: Device,
}

impl Noise {
    /// Standard normals `[rows, features]`, a stream a row.
    pub fn draw(&self, purpose: Purpose, draw: u32) -> Tensor<2> {
        self.draws(purpose, draw).tensor(&self.device)
    }

    /// Uniforms above 0 and below 1, `[rows, width]`, a stream a row.
    pub fn uniforms(&self, purpose: Purpose, width: usize, draw: u32) -> Tensor<2> {
        let mut values = vec![0.0; self.rows * width];
        for (row, values) in values.chunks_mut(width.max(1)).enumerate() {
            Key::new(self.seed, purpose, self.first + row as u64).draw(draw).fill_uniform(values);
        }
        // Multiples of 2⁻²⁴ in [0, 1): half of one keeps them off the ends.
        let values = Tensor::<2>::from_data(TensorData::new(values, [self.rows, width]), &self.device);
        values * (1.0 - 0.5_f64.powi(23)) + 0.5_f64.powi(24)
    }

    /// The same of Gumbel's distribution, `−ln(−ln u)`: the greatest of `ln p_k + g_k` is that of class `k` with probability `p_k`.
    pub fn gumbels(&self, purpose: Purpose, width: usize, draw: u32) -> Tensor<2> {
        self.uniforms(purpose, width, draw).log().neg().log().neg()
    }

    /// What a kernel that draws for all steps is told; which draw it is, it is told by [`Noise::name`].
    pub(crate) fn steps(&self) -> Draws {
        self.draws(Purpose::SamplerNoise, 0)
    }

    /// The draw of a step, by which it is keyed.
    pub(crate) fn name(step: u32, draw: u32) -> u32 {
        // Steps in the low bits: what draws once a step draws what it always drew.
        step | draw << 20
    }

    fn draws(&self, purpose: Purpose, draw: u32) -> Draws {
        Key::new(self.seed, purpose, self.first).draw(draw).draws(self.rows, self.features)
    }

    /// What a walk starts from: `σ n` at its first level.
    pub fn start(&self, level: Level) -> Tensor<2> {
        self.draw(Purpose::Noise, 0) * level.sigma
    }
}

impl NoiseSource for Noise {
    fn normal(&self, step: u32, draw: u32) -> Tensor<2> {
        self.fresh(step, draw).into_tensor()
    }

    fn fresh(&self, step: u32, draw: u32) -> Vector {
        Vector::noise(self.draws(Purpose::SamplerNoise, Self::name(step, draw)), self.device.clone())
    }

    fn brownian(&self, a: f64, b: f64) -> Tensor<2> {
        brownian::increment(self, a, b)
    }
}

/// Refuses a share of fresh noise, or a factor on it, below 0.
pub(super) fn check_noise(eta: f64, s_noise: f64) -> Result<()> {
    not_negative("eta", eta)?;
    not_negative("s_noise", s_noise)
}
