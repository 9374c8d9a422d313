//! The probability-flow ODE as a continuous normalizing flow: from data up to the prior, gathering the divergence on the way.
//!
//! ```text
//! ℓ = ln σ,   α = 1/sqrt(1 + σ²/σ_d²),   z = α x
//! dz/dℓ = α² z − α D(z/α; σ),   div = α² d − tr ∂D/∂x
//! log p(x) = log N(z_T; 0, σ_d² I) + ∫ div dℓ + d ln α_0,   ℓ from ln σ_min to ln σ_max
//! ```
//!
//! Song et al. 2021, Eq. 39, <https://arxiv.org/abs/2011.13456>; the ODE is Eq. 4 of Karras et al. 2022,
//! <https://arxiv.org/abs/2206.00364>. In this frame data of variance σ_d² stand still, both terms vanish towards either end, and
//! the prior `N(0, (σ_max² + σ_d²) I)` is the same at every level: equal steps in `ℓ` do.
//!
//! What begins at `σ_min` is judged as data with that much noise: `p` is the density of `x + σ_min n`. Where data lie on a grid or
//! on a surface a density grows without bound as `σ_min` falls; discrete data are spread over their cells first ([`super::Cells`]).

use burn::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::divergence::Directions;
use super::integrators::{Table, Taken};
use super::{DivergenceConfig, Estimate, Estimation, IntegratorConfig, Method, Process, Query};
use crate::config::check::{at_least, under};
use crate::registry::{About, Member};
use crate::samplers::Denoiser;
use crate::{Error, Result, device};

/// So many features are at most given an exact divergence where none is named.
const FEW: usize = 16;
/// A step that chooses its length is made shorter so many times, at most.
const ATTEMPTS: usize = 40;

/// Instantaneous change of variables along the probability-flow ODE.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Ode {
    /// How the divergence is found; nothing for exact in up to 16 dimensions and by one probe beyond.
    pub divergence: Option<DivergenceConfig>,
    /// How to integrate.
    pub integrator: IntegratorConfig,
    /// In how many equal steps of `ln σ`; one that is adaptive begins with a step of that length.
    pub steps: usize,
}

impl Default for Ode {
    fn default() -> Self {
        let integrator = IntegratorConfig::named("rk4").expect("the default should be registered");
        Self { divergence: None, integrator, steps: 50 }
    }
}

impl Member for Ode {
    const ABOUT: About = About {
        summary: "Log-density by the probability-flow ODE",
        paper: "Song et al. 2021, Eq. 39, https://arxiv.org/abs/2011.13456",
    };
}

impl Method for Ode {
    fn check(&self) -> Result<()> {
        at_least("steps", self.steps, 1)?;
        under("integrator", self.integrator.check())?;
        under("divergence", self.divergence.as_ref().map_or(Ok(()), |divergence| divergence.check()))
    }

    fn begin(&self, process: Process, rows: Tensor<2>, query: &Query) -> Result<Box<dyn Estimation>> {
        self.check()?;
        let rows = rows.without_autodiff();
        let noise = query.noise(&rows);
        let directions = self.divergence(noise.features)?.directions(&noise, rows.dtype());
        let rows = match &query.cells {
            Some(cells) => cells.spread(rows, &noise),
            None => rows,
        };
        let d = noise.features as f64;
        let [from, to] = process.range.map(f64::ln);
        let flow = Flow { process, directions, features: noise.features };
        let alpha = flow.alpha(from);
        let width = query.cells.map_or(1.0, |cells| cells.width());
        let z = rows * alpha;
        let gathered = z.zeros_like().sum_dim(1);
        Ok(Box::new(Integration {
            constant: d * (alpha.ln() + width.ln()),
            flow,
            table: self.integrator.table(),
            tolerance: self.integrator.tolerance(),
            span: [from, to],
            at: from,
            h: (to - from) / self.steps as f64,
            state: Tensor::cat(vec![z, gathered], 1),
            slope: None,
            step: 0,
            evaluations: 0,
            over: false,
        }))
    }
}

impl Ode {
    fn divergence(&self, features: usize) -> Result<DivergenceConfig> {
        let default = if features <= FEW { "exact" } else { "hutchinson" };
        self.divergence.clone().map_or_else(|| DivergenceConfig::named(default), Ok)
    }
}

/// The vector field on `[z, ∫ div]`.
struct Flow {
    process: Process,
    directions: Directions,
    features: usize,
}

impl Flow {
    /// `α(ℓ)`.
    fn alpha(&self, l: f64) -> f64 {
        1.0 / (1.0 + (l.exp() / self.process.sigma_data).powi(2)).sqrt()
    }

    /// `d[z, ∫ div]/dℓ`, `[batch, features + 1]`.
    fn slope(&self, l: f64, state: &Tensor<2>) -> Tensor<2> {
        let alpha = self.alpha(l);
        let z = state.clone().narrow(1, 0, self.features);
        let denoiser: &dyn Denoiser = &*self.process.denoiser;
        let (denoised, trace) = self.directions.trace(denoiser, &(z.clone() / alpha), l.exp());
        let dz = z * (alpha * alpha) - denoised * alpha;
        let div = -trace + alpha * alpha * self.features as f64;
        Tensor::cat(vec![dz, div], 1)
    }
}

/// An integration under way.
struct Integration {
    flow: Flow,
    table: &'static Table,
    tolerance: Option<f64>,
    span: [f64; 2],
    at: f64,
    h: f64,
    /// `[z, ∫ div]`, `[batch, features + 1]`.
    state: Tensor<2>,
    /// The slope at `state`, where the last step has left it.
    slope: Option<Tensor<2>>,
    /// What is added at the end: the scale's part of the density.
    constant: f64,
    step: usize,
    evaluations: usize,
    over: bool,
}

impl Integration {
    fn advance(&mut self) -> Result<Estimate> {
        let end = self.span[1];
        let (taken, h) = match self.tolerance {
            None => (self.take(self.h), self.h),
            Some(tolerance) => self.within(tolerance)?,
        };
        self.state = taken.y.clone();
        self.slope = self.table.last(taken);
        self.at += h;
        self.step += 1;
        // Rounding leaves a remainder that is no step.
        self.over = end - self.at < 1e-9 * (end - self.span[0]);
        let done = if self.over { 1.0 } else { (self.at - self.span[0]) / (end - self.span[0]) };
        Ok(Estimate { step: self.step, done, log_prob: self.over.then(|| self.log_prob()) })
    }

    fn take(&mut self, h: f64) -> Taken {
        self.evaluations += self.table.nodes.len() - usize::from(self.slope.is_some());
        let flow = &self.flow;
        self.table.step(|l, y| flow.slope(l, y), [self.at, h], &self.state, self.slope.clone())
    }

    /// A step whose error is allowed; the next one's length by how much was left (Hairer, Nørsett and Wanner 1993, section II.4).
    fn within(&mut self, tolerance: f64) -> Result<(Taken, f64)> {
        for _ in 0..ATTEMPTS {
            let h = self.h.min(self.span[1] - self.at);
            let taken = self.take(h);
            let error = device::read_now(self.table.error(&taken, h, tolerance))?;
            let factor = 0.9 * error.powf(-0.2);
            if error <= 1.0 {
                self.h = h * factor.clamp(0.2, 5.0);
                return Ok((taken, h));
            }
            self.h = h * if factor.is_finite() { factor.clamp(0.1, 0.9) } else { 0.1 };
        }
        Err(Error::NotFinite(format!(
            "likelihood: at noise level {:.3} no step is short enough for a tolerance of {tolerance}: raise it, or take equal steps with \
             the integrator rk4",
            self.at.exp()
        )))
    }

    /// `log N(z; 0, σ_d² I) + ∫ div + constant`, `[batch]`.
    fn log_prob(&self) -> Tensor<1> {
        let (d, sigma_data) = (self.flow.features, self.flow.process.sigma_data);
        let z = self.state.clone().narrow(1, 0, d) / sigma_data;
        let gathered = self.state.clone().narrow(1, d, 1);
        let scale = d as f64 * (sigma_data.ln() + 0.5 * std::f64::consts::TAU.ln());
        let log_prob = z.square().sum_dim(1) * -0.5 + gathered + (self.constant - scale);
        log_prob.reshape([-1])
    }
}

impl Estimation for Integration {
    fn step(&mut self) -> Option<Result<Estimate>> {
        if self.over {
            return None;
        }
        let estimate = self.advance();
        self.over |= estimate.is_err();
        Some(estimate)
    }

    fn evaluations(&self) -> usize {
        self.evaluations
    }
}
