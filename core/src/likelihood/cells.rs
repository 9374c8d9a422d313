//! Discrete data: a number stands for the cell of width `w` around it, and its probability is the density's integral over the cell.
//!
//! ```text
//! log P(x) = log ∫_cell p(x + u) du ≥ E_u[log p(x + u)] + d ln w,   u uniform in [−w/2, w/2]
//! ```
//!
//! Uniform dequantisation: Theis et al. 2016, section 3.1, <https://arxiv.org/abs/1511.01844>. In bits per dimension the scale's
//! Jacobian `d ln w` is `log₂(1/w)`: 6.99 for bytes in [−1, 1].

use burn::prelude::*;

use crate::random::{Key, Purpose};
use crate::samplers::Noise;

/// Equal cells, named by their midpoints `low, low + w, …, high`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cells {
    /// Midpoint of the first.
    pub low: f64,
    /// Midpoint of the last.
    pub high: f64,
    /// How many there are.
    pub count: u32,
}

impl Cells {
    /// Bytes as every dataset of pictures scales them: 0 to 255 as [−1, 1].
    pub const BYTES: Self = Self { low: -1.0, high: 1.0, count: 256 };

    /// `w`.
    pub fn width(&self) -> f64 {
        (self.high - self.low) / f64::from(self.count - 1)
    }

    /// Whether each of these numbers is a midpoint, up to the rounding of f32.
    pub fn hold(&self, values: &[f32]) -> bool {
        values.iter().all(|value| {
            let place = (f64::from(*value) - self.low) / self.width();
            (place - place.round()).abs() < 1e-3 && (-0.5..f64::from(self.count) - 0.5).contains(&place)
        })
    }

    /// A point of each row's cells, uniformly drawn by the row's own key.
    pub(crate) fn spread(&self, rows: Tensor<2>, noise: &Noise) -> Tensor<2> {
        let mut values = vec![0.0; noise.rows * noise.features];
        for (row, values) in values.chunks_mut(noise.features).enumerate() {
            Key::new(noise.seed, Purpose::Augment, noise.first + row as u64).fill_uniform(values);
        }
        let shape = [noise.rows, noise.features];
        let u = Tensor::<2>::from_data(TensorData::new(values, shape), &noise.device).cast(rows.dtype());
        // Multiples of 2⁻²⁴ in [0, 1): half of one puts their mean at 1/2.
        rows + (u - (0.5 - 0.5_f64.powi(25))) * self.width()
    }

    /// `log ∫_cell N(x'; mean, std²) dx'` of each number, `[batch, features]`; the first and last cell reach to infinity (Ho et al.
    /// 2020, Eq. 13, <https://arxiv.org/abs/2006.11239>).
    pub(super) fn log_masses(&self, rows: &Tensor<2>, mean: Tensor<2>, std: Tensor<2>) -> Tensor<2> {
        let half = self.width() / 2.0;
        let scale = std * std::f64::consts::SQRT_2;
        let below = |x: Tensor<2>| (x / scale.clone()).erf() * 0.5 + 0.5;
        let away = rows.clone() - mean;
        let upper = below(away.clone() + half).mask_fill(rows.clone().greater_elem(self.high - half), 1.0);
        let lower = below(away - half).mask_fill(rows.clone().lower_elem(self.low + half), 0.0);
        // As in the paper's code, no cell is thought impossible: that adds less than 256 × 10⁻¹² to the whole.
        (upper - lower).clamp_min(1e-12).log()
    }
}
