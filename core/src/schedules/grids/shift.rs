//! `t' = s t/(1 + (s − 1) t)` on the straight path's time, which multiplies `σ/α = t/(1 − t)` by `s`: more steps where there is much noise.
//!
//! Esser et al. 2024, Eq. 23, <https://arxiv.org/abs/2403.03206>. The shift is a constant, or grows with the sample as
//!
//! ```text
//! root         s = shift · sqrt(n/n₀)                              Esser et al. 2024
//! exponential  s = exp(μ)   μ = μ₀ + (n − n₀) (μ₁ − μ₀)/(n₁ − n₀)    Flux, `time_shift_type` of diffusers
//! linear       s = μ
//! ```
//!
//! where `n` counts tokens. The base grid covers `range/s`, so that the walk starts and ends where it is asked to.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{GridConfig, Linear, Spacing, Span};
use crate::config::check::{at_least, positive, under};
use crate::registry::{About, Member};
use crate::schedules::Level;
use crate::{Error, Result};

/// What the shift depends on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ShiftRule {
    /// On nothing: it is `shift`.
    #[default]
    Constant,
    /// `shift · sqrt(n/base_tokens)`.
    Root,
    /// The exponential of a line in the tokens.
    Exponential,
    /// A line in the tokens.
    Linear,
}

/// Another grid, its noise levels multiplied.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Shift {
    /// `s`, or its value at `base_tokens`; 3 in Stable Diffusion 3.
    pub shift: f64,
    /// What it depends on.
    pub rule: ShiftRule,
    /// `μ₀`, at `base_tokens`.
    pub base_shift: f64,
    /// `μ₁`, at `max_tokens`.
    pub max_shift: f64,
    /// `n₀`.
    pub base_tokens: usize,
    /// `n₁`.
    pub max_tokens: usize,
    /// Numbers in a token: 2 × 2 patches of 16 channels are 64.
    pub token_features: usize,
    /// The grid that is shifted.
    pub base: Box<GridConfig>,
}

impl Default for Shift {
    fn default() -> Self {
        Self {
            shift: 3.0,
            rule: ShiftRule::Constant,
            base_shift: 0.5,
            max_shift: 1.15,
            base_tokens: 256,
            max_tokens: 4096,
            token_features: 64,
            base: Box::new(GridConfig::Linear(Linear::default())),
        }
    }
}

impl Member for Shift {
    const ABOUT: About = About {
        summary: "Another grid with its noise levels multiplied, by a constant or by resolution",
        paper: "Esser et al. 2024, Eq. 23, https://arxiv.org/abs/2403.03206",
    };
}

impl Shift {
    /// `s` for samples of that many numbers.
    pub fn factor(&self, features: usize) -> f64 {
        let tokens = features as f64 / self.token_features as f64;
        let [base, max] = [self.base_tokens, self.max_tokens].map(|n| n as f64);
        let mu = self.base_shift + (tokens - base) * (self.max_shift - self.base_shift) / (max - base);
        match self.rule {
            ShiftRule::Constant => self.shift,
            ShiftRule::Root => self.shift * (tokens / base).sqrt(),
            ShiftRule::Exponential => mu.exp(),
            ShiftRule::Linear => mu,
        }
    }

    fn checked_factor(&self, features: usize) -> Result<f64> {
        let factor = self.factor(features);
        if factor > 0.0 && factor.is_finite() {
            return Ok(factor);
        }
        let message =
            format!("a sample of {features} numbers is shifted by {factor}, which should be above 0");
        Err(Error::config("rule", message))
    }

    /// Times of the base grid as those of the shifted.
    fn shifted(span: &Span, factor: f64, time: f64) -> f64 {
        if time == 0.0 { 0.0 } else { span.schedule.time(factor * Level::at(span.schedule, time).ratio()) }
    }
}

/// What the base grid is to cover.
fn unshifted<'a>(span: &Span<'a>, factor: f64) -> Span<'a> {
    Span { range: span.range.map(|ratio| ratio / factor), ..*span }
}

impl Spacing for Shift {
    fn times(&self, span: &Span) -> Result<Vec<f64>> {
        let factor = self.checked_factor(span.features)?;
        let times = self.base.times(&unshifted(span, factor))?;
        Ok(times.into_iter().map(|time| Self::shifted(span, factor, time)).collect())
    }

    fn end(&self, span: &Span) -> Result<f64> {
        let factor = self.checked_factor(span.features)?;
        Ok(Self::shifted(span, factor, self.base.end(&unshifted(span, factor))?))
    }

    fn check(&self) -> Result<()> {
        positive("shift", self.shift)?;
        at_least("base_tokens", self.base_tokens, 1)?;
        at_least("max_tokens", self.max_tokens, self.base_tokens.saturating_add(1))?;
        at_least("token_features", self.token_features, 1)?;
        under("base", self.base.check())
    }
}
