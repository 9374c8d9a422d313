//! The stochastic sampler of EDM: raise the noise a little (churn), then step down by Heun or Euler.
//!
//! ```text
//! γ = min(S_churn/N, √2 − 1) for σ in [S_tmin, S_tmax], else 0
//! σ̂ = σ (1 + γ),  x̂ = x + sqrt(σ̂² − σ²) S_noise z,   x ← heun(x̂, σ̂ → σ')
//! ```
//!
//! Karras et al. 2022, Algorithm 2, <https://arxiv.org/abs/2206.00364>, in the frame `x/α`.

use std::f64::consts::SQRT_2;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Level, Sampler, Solver, Vector, Walk, combine, frame};
use crate::config::check::not_negative;
use crate::registry::{About, Member};
use crate::{Error, Result};

/// Second order (first with Euler) between its draws. The defaults are the paper's for ImageNet-64 (Table 5).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct EdmStochastic {
    /// Noise in all, divided among the steps.
    #[schemars(range(min = 0.0))]
    pub s_churn: f64,
    /// Lowest `σ/α` at which noise is added.
    #[schemars(range(min = 0.0))]
    pub s_tmin: f64,
    /// Highest `σ/α` at which noise is added.
    pub s_tmax: f64,
    /// Factor on the noise that is added.
    #[schemars(range(min = 0.0))]
    pub s_noise: f64,
    /// How to step down.
    pub method: Descent,
}

/// How a step goes down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Descent {
    /// Two evaluations, second order.
    #[default]
    Heun,
    /// One evaluation, first order.
    Euler,
}

impl Default for EdmStochastic {
    fn default() -> Self {
        Self { s_churn: 40.0, s_tmin: 0.05, s_tmax: 50.0, s_noise: 1.003, method: Descent::Heun }
    }
}

impl Member for EdmStochastic {
    const ABOUT: About = About {
        summary: "EDM's stochastic sampler (churn), Heun or Euler",
        paper: "Karras et al. 2022, Algorithm 2, https://arxiv.org/abs/2206.00364",
    };
}

impl EdmStochastic {
    /// `γ`, by which a level is raised.
    fn gamma(&self, sigma: f64, steps: usize) -> f64 {
        let churned = (self.s_tmin..=self.s_tmax).contains(&sigma);
        if churned { (self.s_churn / steps as f64).min(SQRT_2 - 1.0) } else { 0.0 }
    }
}

impl Solver for EdmStochastic {
    fn order(&self) -> u32 {
        match self.method {
            Descent::Heun => 2,
            Descent::Euler => 1,
        }
    }
    fn stochastic(&self) -> bool {
        self.s_churn > 0.0 && self.s_noise > 0.0
    }
    fn evaluations(&self) -> Option<usize> {
        Some(self.order() as usize)
    }
    fn check(&self) -> Result<()> {
        not_negative("s_churn", self.s_churn)?;
        not_negative("s_tmin", self.s_tmin)?;
        not_negative("s_noise", self.s_noise)?;
        if self.s_tmax >= self.s_tmin {
            return Ok(());
        }
        let message = format!("wanted s_tmin ({}) or more; this is {}", self.s_tmin, self.s_tmax);
        Err(Error::config("s_tmax", message))
    }
    fn build(&self) -> Box<dyn Sampler> {
        Box::new(self.clone())
    }
}

impl Sampler for EdmStochastic {
    fn step(&mut self, walk: &Walk, x: Vector, from: Level, to: Level) -> Result<Vector> {
        let sigma = from.ratio();
        let gamma = self.gamma(sigma, walk.steps());
        let sigma_hat = sigma * (1.0 + gamma);
        let (mut x_hat, mut hat) = (x, from);
        if gamma > 0.0 {
            let std = (sigma_hat * sigma_hat - sigma * sigma).sqrt();
            x_hat = Vector::sum([(1.0, x_hat), (from.alpha * std * self.s_noise, walk.draw())]);
            hat = frame::level(from.alpha, sigma_hat);
        }
        Ok(match self.method {
            Descent::Heun => frame::heun(walk, x_hat, hat, to),
            Descent::Euler => {
                let denoised = walk.denoise(&x_hat, hat);
                combine(frame::euler(x_hat, denoised, hat, to))
            }
        })
    }
}
