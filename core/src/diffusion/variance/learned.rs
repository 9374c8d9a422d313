//! The hybrid loss: the mean is learnt by the simple loss, the variance by the variational bound.
//!
//! ```text
//! L = L_simple + λ L_vlb,   Σ = exp(v ln β + (1 − v) ln β̃)
//! L_vlb = L_0 + Σ_{t ≥ 1} KL(q(x_{t−1} | x_t, y) ‖ N(μ_θ, Σ)),   no gradient through μ_θ
//! ```
//!
//! Nichol and Dhariwal 2021, Eq. 15 and 16, <https://arxiv.org/abs/2102.09672>. `L_vlb` is in nats per dimension; the level `t` of an
//! example is drawn evenly from `T`, so that its term counts `T` times. The constant term of the prior is left out. Their code counts
//! in bits: its `λ` is 0.00144 here.

use burn::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Variance;
use crate::config::check::not_negative;
use crate::diffusion::{NoiseConfig, column};
use crate::likelihood::{Cells, terms};
use crate::registry::{About, Member};
use crate::samplers::Ends;
use crate::schedules::discrete::Table;
use crate::{Error, Result};

/// What the step into data is judged by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Decoder {
    /// The probability of a byte: pictures, whose numbers are 0 to 255 scaled to [−1, 1].
    #[default]
    Bytes,
    /// The density: numbers of any value.
    Density,
}

/// A variance for each number of a sample, between the sampler's small and large one. It wants `noise: {kind: discrete}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Learned {
    /// `λ`: how much the bound counts beside the simple loss; 0.001 in the paper.
    pub lambda: f64,
    /// What the step into data is judged by.
    pub decoder: Decoder,
}

impl Default for Learned {
    fn default() -> Self {
        Self { lambda: 0.001, decoder: Decoder::default() }
    }
}

impl Member for Learned {
    const ABOUT: About = About {
        summary: "Learnt between those of posterior and forward step, by the variational bound (improved DDPM)",
        paper: "Nichol and Dhariwal 2021, Eq. 15, https://arxiv.org/abs/2102.09672",
    };
}

impl Variance for Learned {
    fn outputs(&self) -> usize {
        2
    }
    fn bound(&self) -> Option<&Learned> {
        Some(self)
    }
    fn check(&self, noise: &NoiseConfig) -> Result<()> {
        not_negative("lambda", self.lambda)?;
        let wrong = |message: String| Err(Error::config(".", message));
        match noise.table() {
            None => wrong(format!(
                "a variance is learnt for the steps between training levels: set `noise: {{kind: discrete}}`; this is {}",
                noise.name()
            )),
            Some(table) if table.ratios.len() < 2 => {
                wrong("there should be two training levels at least".into())
            }
            Some(table) if table.ratios.windows(2).any(|pair| pair[1].is_nan() || pair[1] <= pair[0]) => {
                wrong("the training levels should rise: take other betas".into())
            }
            Some(_) => Ok(()),
        }
    }
    fn check_shape(&self, shape: &[usize]) -> Result<()> {
        if self.decoder == Decoder::Density || shape.len() == 3 {
            return Ok(());
        }
        let message =
            format!("wanted `density`, as samples of shape {shape:?} are no pictures; this is `bytes`");
        Err(Error::config("decoder", message))
    }
}

impl Learned {
    /// `λ L_vlb`, `[1]`, of rows `y` with noise `sigma` (levels of the table, one a row) for which the model has said `mean` and `v`.
    pub(super) fn cost(
        &self,
        table: &Table,
        sigma: &[f64],
        y: &Tensor<2>,
        mean: Tensor<2>,
        v: Tensor<2>,
    ) -> Tensor<1> {
        let (device, mean) = (y.device(), mean.detach());
        let below = |sigma: f64| Below::of(table, sigma);
        let gain = column(sigma, |sigma| below(sigma).gain, &device);
        let range = column(sigma, |sigma| below(sigma).range, &device);
        let surplus = (y.clone() - mean.clone()).square() * gain;
        let mut terms = terms::divergence(surplus, v.clone() * range);
        let into_data = |sigma: f64| place(table, sigma) == 0;
        if sigma.iter().any(|sigma| into_data(*sigma)) {
            let first = column(sigma, |sigma| f64::from(u8::from(into_data(sigma))), &device);
            let decoded = self.decoded(table, y, mean, v);
            terms = terms.mask_where(first.greater_elem(0.5).expand(y.dims()), decoded);
        }
        terms.mean() * (self.lambda * table.ratios.len() as f64)
    }

    /// `L_0` of each number, `[batch, features]`.
    fn decoded(&self, table: &Table, y: &Tensor<2>, mean: Tensor<2>, v: Tensor<2>) -> Tensor<2> {
        let cells = match self.decoder {
            Decoder::Bytes => Some(&Cells::BYTES),
            Decoder::Density => None,
        };
        let std = Ends::last(table.ratios[1], table.ratios[0]).between(v).sqrt();
        terms::surprise(y, mean, std, cells)
    }
}

/// Where a level stands in its table.
fn place(table: &Table, sigma: f64) -> usize {
    table.ratios.partition_point(|known| *known < sigma)
}

/// The step down from a level of the table to the one below.
struct Below {
    gain: f64,
    range: f64,
}

impl Below {
    /// Zeros for the first level, whose step has a term of its own.
    fn of(table: &Table, sigma: f64) -> Self {
        match place(table, sigma) {
            0 => Self { gain: 0.0, range: 0.0 },
            above => {
                let to = table.ratios[above - 1];
                Self { gain: terms::gain(sigma, to), range: Ends::of(sigma, to).range() }
            }
        }
    }
}
