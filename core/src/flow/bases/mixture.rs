//! A mixture of normals.
//!
//! ```text
//! p(z) = Σ_k π_k N(z; μ_k, σ_k²),   π = softmax(w),   of which k is drawn as the greatest of w + Gumbel noise
//! ```
//!
//! Izmailov et al. 2020, <https://arxiv.org/abs/1912.13025>; Gumbel 1954. The classes, where there are some, say which components are likely.

use burn::module::Param;
use burn::prelude::*;
use burn::tensor::activation::log_softmax;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Base, BaseKind, Density};
use crate::Result;
use crate::config::check::{at_least, not_negative};
use crate::nn::{Init, Linear};
use crate::random::{Key, Purpose};
use crate::registry::{About, Member};
use crate::samplers::Noise;

/// A mixture of normals, all of whose numbers are learnt.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Mixture {
    /// `K`.
    pub components: usize,
    /// Standard deviation of the means at first; the components' own is 1.
    pub spread: f64,
}

impl Default for Mixture {
    fn default() -> Self {
        Self { components: 8, spread: 2.0 }
    }
}

impl Member for Mixture {
    const ABOUT: About = About {
        summary: "Mixture of independent normals, all of it learnt",
        paper: "Izmailov et al. 2020, https://arxiv.org/abs/1912.13025",
    };
}

impl BaseKind for Mixture {
    fn build(&self, features: usize, told: usize, init: &Init) -> Result<Box<dyn Base>> {
        at_least("components", self.components, 1)?;
        not_negative("spread", self.spread)?;
        let k = self.components;
        Ok(Box::new(Normals {
            logits: init.constant([k], 0.0),
            means: init.at("means").normal([k, features], self.spread),
            log_scales: init.constant([k, features], 0.0),
            told: (told > 0).then(|| Linear::zero(told, k, &init.at("told"))),
        }))
    }
}

#[derive(Module, Debug)]
struct Normals {
    logits: Param<Tensor<1>>,
    means: Param<Tensor<2>>,
    log_scales: Param<Tensor<2>>,
    told: Option<Linear>,
}

impl Normals {
    /// `w`, `[1 | batch, K]`.
    fn logits(&self, told: Option<&Tensor<2>>) -> Tensor<2> {
        let logits = self.logits.val().unsqueeze();
        match (&self.told, told) {
            (Some(layer), Some(told)) => logits + layer.forward(told.clone()),
            _ => logits,
        }
    }
}

impl Density for Normals {
    fn log_prob(&self, z: Tensor<2>, told: Option<&Tensor<2>>) -> Tensor<2> {
        let [batch, features] = z.dims();
        let (means, log_scales) = (self.means.val(), self.log_scales.val());
        let away = z.unsqueeze_dim::<3>(1) - means.unsqueeze(); // [B, K, D]
        let away = away * (-log_scales.clone()).exp().unsqueeze();
        let components = self.logits.dims()[0];
        let square = away.square().sum_dim(2).reshape([batch, components]) * 0.5;
        let scales = log_scales.sum_dim(1).transpose(); // [1, K]
        let each = log_softmax(self.logits(told), 1) - square - scales;
        let most = each.clone().max_dim(1).detach();
        let sum = (each - most.clone()).exp().sum_dim(1).log() + most;
        sum - 0.5 * features as f64 * std::f64::consts::TAU.ln()
    }

    fn draw(&self, noise: &Noise, told: Option<&Tensor<2>>) -> Tensor<2> {
        let logits = self.logits(told);
        let gumbel = gumbel(noise, self.logits.dims()[0]);
        let component: Tensor<1, Int> = (logits + gumbel).argmax(1).squeeze_dim(1);
        let [means, log_scales] =
            [&self.means, &self.log_scales].map(|part| part.val().select(0, component.clone()));
        noise.draw(Purpose::Noise, 0) * log_scales.exp() + means
    }
}

/// `−ln(−ln u)`, `[rows, count]`, by the rows' own keys.
fn gumbel(noise: &Noise, count: usize) -> Tensor<2> {
    let mut values = vec![0.0; noise.rows * count];
    for (row, values) in values.chunks_mut(count).enumerate() {
        Key::new(noise.seed, Purpose::Noise, noise.first + row as u64).draw(1).fill_uniform(values);
    }
    let u = Tensor::<2>::from_data(TensorData::new(values, [noise.rows, count]), &noise.device);
    // Multiples of 2⁻²⁴ in [0, 1).
    -(-(u + 0.5_f64.powi(25)).clamp_max(1.0 - 0.5_f64.powi(24)).log()).log()
}
