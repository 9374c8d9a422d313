//! Adaptive projected guidance: the difference without its part along the prediction, which is what saturates colours.
//!
//! ```text
//! Δ = D⁺ − D⁻ + β Δ_last,   Δ ← min(1, r/‖Δ‖) Δ,   Δ∥ = (Δ·D⁺/‖D⁺‖²) D⁺,   D = D⁺ + (w − 1)(Δ − Δ∥ + η Δ∥)
//! ```
//!
//! Sadat et al. 2024, Algorithm 1, <https://arxiv.org/abs/2410.02416>. `η` = 1 without bound or momentum is classifier-free guidance.
//! `Δ_last` is that of the noise level before: solvers and gradients that ask twice at a level do not add to it twice.

use burn::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Method, Rule};
use crate::Result;
use crate::config::check::{between, not_negative, within};
use crate::registry::{About, Member};
use crate::samplers::Vector;

/// Less of what goes along the prediction, a bound, and a memory.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Apg {
    /// `η`: how much is kept of the part along the prediction; 1 is all.
    pub eta: f64,
    /// `r`: the longest that a sample's difference may be, in the data's units; 0 is no bound.
    pub norm: f64,
    /// `β`: how much of the last difference is added; below 0, as in the paper, it pushes away from it.
    pub momentum: f64,
}

impl Default for Apg {
    fn default() -> Self {
        Self { eta: 0.0, norm: 0.0, momentum: -0.5 }
    }
}

impl Member for Apg {
    const ABOUT: About = About {
        summary: "Adaptive projected guidance: high scales without saturation",
        paper: "Sadat et al. 2024, Algorithm 1, https://arxiv.org/abs/2410.02416",
    };
}

impl Method for Apg {
    fn check(&self) -> Result<()> {
        within("eta", self.eta, 0.0, 1.0)?;
        not_negative("norm", self.norm)?;
        between("momentum", self.momentum, -1.0, 1.0)
    }

    fn build(&self) -> Box<dyn Rule> {
        Box::new(Projection { config: self.clone(), here: None, last: None })
    }
}

/// Too small to matter, but no zero: a prediction may vanish.
const TINY: f64 = 1e-12;

/// Levels that differ by less than this share are one, reached by different roundings.
const SAME: f64 = 1e-9;

/// Remembers the difference at this noise level, and that at the one before.
struct Projection {
    config: Apg,
    here: Option<(f64, Tensor<2>)>,
    last: Option<Tensor<2>>,
}

impl Projection {
    /// `Δ + β Δ_last`, which is kept.
    fn moved(&mut self, delta: Tensor<2>, sigma: f64) -> Tensor<2> {
        let further = |(here, _): &(f64, Tensor<2>)| (here / sigma - 1.0).abs() > SAME;
        if self.here.as_ref().is_some_and(further) {
            self.last = self.here.take().map(|(_, delta)| delta);
        }
        let delta = match &self.last {
            Some(last) => delta + last.clone() * self.config.momentum,
            None => delta,
        };
        self.here = Some((sigma, delta.clone().without_autodiff()));
        delta
    }
}

impl Rule for Projection {
    fn guide(&mut self, towards: Vector, away: Vector, sigma: f64, scale: f64) -> Vector {
        let Apg { eta, norm, momentum } = self.config;
        let towards = towards.into_tensor();
        let mut delta = towards.clone() - away.into_tensor();
        if momentum != 0.0 {
            delta = self.moved(delta, sigma);
        }
        if norm > 0.0 {
            let length = (delta.clone().square().sum_dim(1) + TINY).sqrt(); // [batch, 1]
            delta = delta * (length.recip() * norm).clamp_max(1.0);
        }
        let dot = (delta.clone() * towards.clone()).sum_dim(1);
        let along = towards.clone() * (dot / (towards.clone().square().sum_dim(1) + TINY));
        (towards + (delta - along * (1.0 - eta)) * (scale - 1.0)).into()
    }
}
