//! `λ = μ − b sgn(½ − t) ln(1 − 2 |½ − t|)`, `α² = sigmoid(λ)`, `σ² = sigmoid(−λ)`: with uniform `t`, the logarithm `λ` of the
//! signal-to-noise ratio is Laplace distributed around `μ`.
//!
//! Hang and Gu 2024, Table 1, <https://arxiv.org/abs/2407.03297>.
//!
//! As `σ²/α² = exp(−λ)`, this is `σ/α = exp(−μ/2) (2t)^{b/2}` in the first half and `exp(−μ/2) (2 (1 − t))^{−b/2}` in the second.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Schedule;
use crate::Result;
use crate::config::check::within;
use crate::registry::{About, Member};

/// The last time: nearer to 1 a double no longer tells the noise level to nine digits.
const LAST: f64 = 1.0 - 1.0 / 16_777_216.0;

/// Times gathered where signal and noise are of one strength.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Laplace {
    /// The centre of `ln(α²/σ²)`.
    pub mu: f64,
    /// Its spread.
    pub b: f64,
}

impl Default for Laplace {
    fn default() -> Self {
        Self { mu: 0.0, b: 0.5 }
    }
}

impl Member for Laplace {
    const ABOUT: About = About {
        summary: "Variance preserving, log-SNR Laplace distributed in time",
        paper: "Hang and Gu 2024, https://arxiv.org/abs/2407.03297",
    };
}

impl Laplace {
    fn ratio(&self, t: f64) -> f64 {
        let centre = (-0.5 * self.mu).exp();
        let half = 0.5 * self.b;
        if t < 0.5 { centre * (2.0 * t).powf(half) } else { centre * (2.0 * (1.0 - t)).powf(-half) }
    }

    /// `d ln(σ/α)/dt`.
    fn rate(&self, t: f64) -> f64 {
        0.5 * self.b / t.min(1.0 - t)
    }
}

impl Schedule for Laplace {
    fn alpha(&self, t: f64) -> f64 {
        1.0 / self.ratio(t).hypot(1.0)
    }
    fn sigma(&self, t: f64) -> f64 {
        self.ratio(t) / self.ratio(t).hypot(1.0)
    }
    /// `α' = −α σ² · d ln(σ/α)/dt`.
    fn d_alpha(&self, t: f64) -> f64 {
        -self.alpha(t) * self.sigma(t).powi(2) * self.rate(t)
    }
    /// `σ' = σ α² · d ln(σ/α)/dt`.
    fn d_sigma(&self, t: f64) -> f64 {
        self.sigma(t) * self.alpha(t).powi(2) * self.rate(t)
    }
    fn time(&self, ratio: f64) -> f64 {
        let relative = ratio * (0.5 * self.mu).exp();
        let root = relative.powf(2.0 / self.b);
        if relative < 1.0 { 0.5 * root } else { (1.0 - 0.5 / root).min(LAST) }
    }
    fn largest(&self) -> f64 {
        self.ratio(LAST)
    }
    fn check(&self) -> Result<()> {
        within("mu", self.mu, -20.0, 20.0)?;
        within("b", self.b, 0.05, 100.0)
    }
}
