//! Guidance: wrappers of the denoiser that pull samples towards a class, or away from what a worse model would draw.
//!
//! ```text
//! D_w(x; σ) = D⁺ + (w − 1) u(D⁺ − D⁻),   D⁺ = D(x; σ, c),   D⁻ = D(x; σ, ∅) or a weak model's D(x; σ, c)
//! ```
//!
//! Ho and Salimans 2022, <https://arxiv.org/abs/2207.12598>, with `w = 1 + their w`: 1 is no guidance. What becomes of the
//! difference (`u`) is the method's, how `w` follows the noise the weight's. A classifier's gradient and a bound on the values
//! come on top.

pub mod methods;
pub mod weights;
mod guided;
mod rescale;
pub(crate) mod gradient;
mod classified;
mod threshold;

use burn::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::check::{not_negative, under, within};
use crate::samplers::{Evaluation, Flow, Vector};
use crate::{Error, Result};

pub use classified::Classified;
pub use guided::Guided;
pub use methods::MethodConfig;
pub use rescale::rescale;
pub use threshold::{Threshold, Thresholded, quantile};
pub use weights::GuidanceWeightConfig;

/// `D(x; σ, c)`: a denoiser that is told the class of each row.
pub trait Conditional {
    /// Evaluates it for rows `[batch, features]`; `class` is `[batch, classes]`, one-hot, a row of zeros being "no class", or
    /// `None` where there are none.
    fn denoise(&self, x: Tensor<2>, sigma: f64, class: Option<&Tensor<2>>) -> Tensor<2>;

    /// The same with a noise level for each row.
    fn denoise_each(&self, x: Tensor<2>, sigma: &[f64], class: Option<&Tensor<2>>) -> Tensor<2> {
        let row = |(i, sigma): (usize, &f64)| {
            let class = class.map(|class| class.clone().narrow(0, i, 1));
            self.denoise(x.clone().narrow(0, i, 1), *sigma, class.as_ref())
        };
        Tensor::cat(sigma.iter().enumerate().map(row).collect(), 0)
    }

    /// See [`Denoiser::evaluate`](crate::samplers::Denoiser::evaluate).
    fn evaluate(&self, x: Vector, sigma: f64, _next: f64, class: Option<&Tensor<2>>) -> Evaluation {
        Evaluation { mean: self.denoise(x.into_tensor(), sigma, class).into(), v: None }
    }

    /// What is said for a class, and the mean for none: both in one batch, so that a network is asked once.
    fn evaluate_both(&self, x: Vector, sigma: f64, next: f64, class: &Tensor<2>) -> (Evaluation, Vector) {
        let rows = class.dims()[0];
        let both = Tensor::cat(vec![class.clone(), class.zeros_like()], 0);
        let said = self.evaluate(x.into_tensor().repeat_dim(0, 2).into(), sigma, next, Some(&both));
        let mean = said.mean.into_tensor();
        let towards = mean.clone().narrow(0, 0, rows).into();
        (
            Evaluation { mean: towards, v: said.v.map(|v| v.narrow(0, 0, rows)) },
            mean.narrow(0, rows, rows).into(),
        )
    }

    /// See [`Denoiser::flow`](crate::samplers::Denoiser::flow): of no class.
    fn flow(&self, _sigmas: &[[f64; 2]]) -> Option<Flow> {
        None
    }

    /// What it has learnt to say.
    fn learns(&self) -> Learns {
        Learns::Mean
    }

    /// Whether it has learnt what "no class" is.
    fn unconditional(&self) -> bool {
        true
    }
}

/// What a model has learnt to say of `x`: `D(x; σ)` in the strict sense, or what is asked for in its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Learns {
    /// The mean of the data given `x`: `(D − x)/σ²` is the score.
    Mean,
    /// The end of the ODE that leads through `x`.
    ConsistencyFunction,
    /// The one estimate from which a DDIM step leads to where several of a teacher's lead.
    Steps,
}

impl Learns {
    /// For messages: what this is.
    pub fn words(self) -> &'static str {
        match self {
            Self::Mean => "the mean of the data",
            Self::ConsistencyFunction => "where the whole walk leads",
            Self::Steps => "where its own DDIM steps lead",
        }
    }
}

impl<F: Fn(Tensor<2>, f64, Option<&Tensor<2>>) -> Tensor<2>> Conditional for F {
    fn denoise(&self, x: Tensor<2>, sigma: f64, class: Option<&Tensor<2>>) -> Tensor<2> {
        self(x, sigma, class)
    }
}

/// How to guide, beside how strongly.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Guiding {
    /// What becomes of the difference between the two predictions.
    pub method: MethodConfig,
    /// How the scale follows the noise.
    pub schedule: GuidanceWeightConfig,
    /// Guide only where the noise level `σ/α` is from the first to the second (Kynkäänniemi et al. 2024,
    /// <https://arxiv.org/abs/2404.07724>); everywhere by default.
    pub interval: Option<[f64; 2]>,
    /// From 0 (off) to 1: give the guided prediction the standard deviation of the one that is not (Lin et al. 2023).
    #[schemars(range(min = 0.0, max = 1.0))]
    pub rescale: f64,
    /// Scale of a classifier's gradient, where a generation is given a classifier; 1 is Bayes' rule.
    pub classifier: f64,
    /// Keep predictions within the range of the data; for data that have one.
    pub threshold: Option<Threshold>,
}

impl Default for Guiding {
    fn default() -> Self {
        let named = "the default should be registered";
        Self {
            method: MethodConfig::named("cfg").expect(named),
            schedule: GuidanceWeightConfig::named("constant").expect(named),
            interval: None,
            rescale: 0.0,
            classifier: 1.0,
            threshold: None,
        }
    }
}

impl Guiding {
    /// Refuses what the types alone do not.
    pub fn check(&self) -> Result<()> {
        under("method", self.method.check())?;
        within("rescale", self.rescale, 0.0, 1.0)?;
        within("classifier", self.classifier, 0.0, 1e3)?;
        if let Some([low, high]) = self.interval {
            not_negative("interval", low)?;
            if high.is_nan() || high <= low {
                let message = format!("wanted two noise levels, the lower first; this is [{low}, {high}]");
                return Err(Error::config("interval", message));
            }
        }
        self.threshold.as_ref().map_or(Ok(()), |threshold| under("threshold", threshold.check()))
    }

    /// The scale at a noise level: 1, which is none, outside of the interval.
    pub fn scale(&self, scale: f64, sigma: f64) -> f64 {
        match self.interval {
            Some([low, high]) if !(low..=high).contains(&sigma) => 1.0,
            _ => 1.0 + (scale - 1.0) * self.schedule.weight(progress(sigma)),
        }
    }

    /// Whether anything is set that says how two predictions are put together.
    pub fn is_of_pairs(&self) -> bool {
        let plain = Self::default();
        let named = |guiding: &Self| (guiding.method.name(), guiding.schedule.name());
        self.interval.is_some() || self.rescale > 0.0 || named(self) != named(&plain)
    }
}

/// How far a walk has come at a noise level, whatever its schedule: from 0 (noise) to 1 (data), `1 − (2/π) atan σ`, which is equal
/// steps of the cosine schedule (Nichol and Dhariwal 2021, <https://arxiv.org/abs/2102.09672>).
fn progress(sigma: f64) -> f64 {
    1.0 - sigma.atan() * std::f64::consts::FRAC_2_PI
}

#[cfg(test)]
mod tests;
