//! Where a model would move points of the plane at one noise level, and the way back from data to noise.
//!
//! Points are shown as `y = x/s(σ)`; `dx/dσ = (x − D(x; σ))/σ` is the ODE (Karras et al. 2022, Eq. 1,
//! <https://arxiv.org/abs/2206.00364>). What is drawn is `dy` by the time of the straight path, `τ = σ/(1 + σ)`, towards data.

use std::rc::Rc;

use burn::prelude::*;
use kiln::guidance::Conditional;
use kiln::model::{Generate, Model};
use kiln::{Result, weights};
use serde::{Deserialize, Serialize};

use super::families::Family;
use super::settings::{level, time};
use crate::widgets::plane::HALF;

/// Arrows in a row.
pub(super) const SIDE: usize = 21;
/// Steps of the way back.
const BACK: usize = 48;

/// Arrows on a grid.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Field {
    /// The noise level.
    pub level: f64,
    /// By rows from the top, `[SIDE, SIDE, 2]`: how a point there moves in a unit of time.
    pub arrows: Vec<f32>,
}

/// What denoises, between which levels, and how it is shown.
pub(super) struct Flow {
    denoiser: Rc<dyn Conditional>,
    range: [f64; 2],
    family: &'static Family,
    device: Device,
}

impl Flow {
    /// `None` where the model does not walk through noise levels.
    pub(super) fn of(model: &dyn Model, family: &'static Family, device: &Device) -> Option<Self> {
        let generator = model.generator()?;
        let (denoiser, range) = (generator.denoiser()?, Generate::range(generator)?);
        Some(Self { denoiser, range, family, device: device.clone() })
    }

    /// The arrows at a noise level.
    pub(super) async fn field(&self, at: f64) -> Result<Field> {
        let sigma = at.clamp(self.range[0], self.range[1]);
        let s = (self.family.shrink)(sigma);
        let slope =
            ((self.family.shrink)(sigma * 1.001) - (self.family.shrink)(sigma * 0.999)) / (0.002 * sigma);
        let x = self.rows(places().map(|place| place * s as f32).collect());
        let away = x.clone() - self.denoiser.denoise(x.clone(), sigma, None);
        let by_sigma = away / (sigma * s) - x * (slope / (s * s));
        let arrows = weights::read(by_sigma * -(1.0 + sigma).powi(2)).await?;
        Ok(Field { level: at, arrows })
    }

    /// Where a point of the data comes from: `[BACK + 1, 2]` as it is shown, the data first. Heun's method, equal steps of `τ`.
    pub(super) async fn back(&self, point: [f32; 2]) -> Result<Vec<f32>> {
        let [bottom, top] = self.range.map(time);
        let levels: Vec<f64> =
            (0..=BACK).map(|i| level(bottom + (top - bottom) * i as f64 / BACK as f64)).collect();
        let slope =
            |x: &Tensor<2>, sigma: f64| (x.clone() - self.denoiser.denoise(x.clone(), sigma, None)) / sigma;
        let mut x = self.rows(point.to_vec());
        let mut path = point.to_vec();
        for pair in levels.windows(2) {
            let h = pair[1] - pair[0];
            let d = slope(&x, pair[0]);
            let d_prime = slope(&(x.clone() + d.clone() * h), pair[1]);
            x = x + (d + d_prime) * (0.5 * h);
            let s = (self.family.shrink)(pair[1]) as f32;
            path.extend(weights::read(x.clone()).await?.into_iter().map(|value| value / s));
        }
        Ok(path)
    }

    fn rows(&self, values: Vec<f32>) -> Tensor<2> {
        let rows = values.len() / 2;
        Tensor::from_data(TensorData::new(values, [rows, 2]), &self.device)
    }
}

/// The places of the arrows, coordinate by coordinate.
pub(super) fn places() -> impl Iterator<Item = f32> {
    let place = |i: usize| HALF * (2.0 * (i as f32 + 0.5) / SIDE as f32 - 1.0);
    (0..SIDE).flat_map(move |row| (0..SIDE).flat_map(move |column| [place(column), -place(row)]))
}
