//! Discrete time: the betas of DDPM and the noise levels that follow from them.
//!
//! ```text
//! ᾱ_t = ∏_{s ≤ t} (1 − β_s),   α = sqrt(ᾱ_t),   σ = sqrt(1 − ᾱ_t),   t = 0 … T − 1
//! ```
//!
//! Ho et al. 2020, <https://arxiv.org/abs/2006.11239>. Published weights come with tables that `diffusers` computes in single
//! precision; [`Precision::Single`] rounds where it does.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Result;
use crate::config::check::{at_least, between, not_empty};

/// How `β` grows with the training step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BetaSchedule {
    /// Equal steps of `β` (Ho et al. 2020, <https://arxiv.org/abs/2006.11239>).
    #[default]
    Linear,
    /// Equal steps of `√β` (Rombach et al. 2022, <https://arxiv.org/abs/2112.10752>).
    ScaledLinear,
    /// `ᾱ` a squared cosine, `β` capped at 0.999 (Nichol and Dhariwal 2021, <https://arxiv.org/abs/2102.09672>).
    SquaredcosCapV2,
    /// A logistic curve over `−6 … 6` (Xu et al. 2022, GeoDiff, <https://arxiv.org/abs/2203.02923>).
    Sigmoid,
    /// `ᾱ = exp(−12 t)`.
    Exp,
    /// `ᾱ` of the Laplace schedule as `diffusers` has it (Hang and Gu 2024, <https://arxiv.org/abs/2407.03297>).
    Laplace,
}

/// How the tables are computed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Precision {
    /// Rounded to 24 bits after each operation, as the peers' tables are.
    Single,
    /// In full.
    #[default]
    Double,
}

impl Precision {
    /// `x` as this precision holds it.
    pub fn round(self, x: f64) -> f64 {
        match self {
            Self::Single => f64::from(x as f32),
            Self::Double => x,
        }
    }
}

/// The betas of a discrete-time model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Betas {
    /// How `β` grows.
    pub schedule: BetaSchedule,
    /// `β` of the first training step; the schedules given by `ᾱ` do not ask.
    pub beta_start: f64,
    /// `β` of the last training step; likewise.
    pub beta_end: f64,
    /// Training steps `T`.
    pub train_steps: usize,
    /// The betas one by one, in place of all that is above.
    pub trained_betas: Option<Vec<f64>>,
    /// Whether to rescale them so that the last step is noise alone (Lin et al. 2023, <https://arxiv.org/abs/2305.08891>, Algorithm 1).
    pub zero_terminal_snr: bool,
    /// How the tables are computed.
    pub precision: Precision,
}

impl Default for Betas {
    fn default() -> Self {
        Self {
            schedule: BetaSchedule::default(),
            beta_start: 1e-4,
            beta_end: 0.02,
            train_steps: 1000,
            trained_betas: None,
            zero_terminal_snr: false,
            precision: Precision::default(),
        }
    }
}

/// The last `ᾱ` of a rescaled table: as good as 0, and `x/α` stays finite.
const NEARLY_ZERO: f64 = 1.0 / 16_777_216.0;

impl Betas {
    /// Refuses options that make no schedule.
    pub fn check(&self) -> Result<()> {
        if let Some(betas) = &self.trained_betas {
            not_empty("trained_betas", betas)?;
            for (i, beta) in betas.iter().enumerate() {
                between(&format!("trained_betas.{i}"), *beta, 0.0, 1.0)?;
            }
        }
        between("beta_start", self.beta_start, 0.0, 1.0)?;
        between("beta_end", self.beta_end, 0.0, 1.0)?;
        at_least("train_steps", self.steps(), if self.zero_terminal_snr { 2 } else { 1 })
    }

    /// `T`.
    pub fn steps(&self) -> usize {
        self.trained_betas.as_ref().map_or(self.train_steps, Vec::len)
    }

    /// `β_0 … β_{T−1}`, rescaled if that is asked for.
    pub fn betas(&self) -> Vec<f64> {
        let betas = self.plain();
        if self.zero_terminal_snr { rescale_zero_terminal_snr(&betas, self.precision) } else { betas }
    }

    /// `ᾱ_0 … ᾱ_{T−1}`.
    pub fn alphas_cumprod(&self) -> Vec<f64> {
        let mut bars = products(&self.betas(), self.precision);
        if let (true, Some(last)) = (self.zero_terminal_snr, bars.last_mut()) {
            *last = NEARLY_ZERO;
        }
        bars
    }

    /// The noise levels of all training steps, for betas that pass [`Self::check`].
    ///
    /// They rise, but for the last of a rescaled table where `diffusers`' clamp lies below the level before.
    pub fn table(&self) -> Table {
        let round = |x| self.precision.round(x);
        let ratio = |bar: f64| round(round(round(1.0 - bar) / bar).sqrt());
        Table { ratios: self.alphas_cumprod().into_iter().map(ratio).collect() }
    }

    fn plain(&self) -> Vec<f64> {
        let round = |x| self.precision.round(x);
        if let Some(betas) = &self.trained_betas {
            return betas.iter().map(|beta| round(*beta)).collect();
        }
        let (start, end) = (self.beta_start, self.beta_end);
        let line = |from, to| linspace(from, to, self.train_steps, self.precision);
        match self.schedule {
            BetaSchedule::Linear => line(start, end),
            BetaSchedule::ScaledLinear => {
                line(start.sqrt(), end.sqrt()).into_iter().map(|root| round(root * root)).collect()
            }
            BetaSchedule::Sigmoid => {
                let sigmoid = |x: f64| round(1.0 / (1.0 + (-x).exp()));
                let beta = |x| round(round(sigmoid(x) * round(end - start)) + round(start));
                line(-6.0, 6.0).into_iter().map(beta).collect()
            }
            BetaSchedule::SquaredcosCapV2 => self.of_bar(|t| {
                let angle = (t + 0.008) / 1.008 * std::f64::consts::FRAC_PI_2;
                angle.cos().powi(2)
            }),
            BetaSchedule::Exp => self.of_bar(|t| (-12.0 * t).exp()),
            BetaSchedule::Laplace => self.of_bar(|t| {
                let side = 0.5_f64.copysign(0.5 - t);
                let snr = (-side * (1.0 - 2.0 * (0.5 - t).abs() + 1e-6).ln()).exp();
                (snr / (1.0 + snr)).sqrt()
            }),
        }
    }

    /// `β_i = 1 − ᾱ((i + 1)/T)/ᾱ(i/T)`, 0.999 at most.
    fn of_bar(&self, bar: impl Fn(f64) -> f64) -> Vec<f64> {
        let steps = self.train_steps as f64;
        let beta = |i: usize| (1.0 - bar((i + 1) as f64 / steps) / bar(i as f64 / steps)).min(0.999);
        (0..self.train_steps).map(|i| self.precision.round(beta(i))).collect()
    }
}

/// `n` equal steps, each half counted from its own end, as PyTorch counts them.
fn linspace(start: f64, end: f64, n: usize, precision: Precision) -> Vec<f64> {
    let round = |x| precision.round(x);
    let (start, end) = (round(start), round(end));
    let step = round(round(end - start) / (n.max(2) - 1) as f64);
    let value = |i: usize| {
        if i < n / 2 || n == 1 {
            round(start + round(step * i as f64))
        } else {
            round(end - round(step * (n - i - 1) as f64))
        }
    };
    (0..n).map(value).collect()
}

/// `∏ (1 − β)` up to each step, accumulated in double precision whatever is kept.
fn products(betas: &[f64], precision: Precision) -> Vec<f64> {
    let mut bar = 1.0;
    let mut next = |beta: &f64| {
        bar *= precision.round(1.0 - beta);
        precision.round(bar)
    };
    betas.iter().map(&mut next).collect()
}

/// Betas whose last step has no signal left, the first being kept: `√ᾱ` is shifted down and stretched.
///
/// Lin et al. 2023, Algorithm 1, <https://arxiv.org/abs/2305.08891>.
pub fn rescale_zero_terminal_snr(betas: &[f64], precision: Precision) -> Vec<f64> {
    let round = |x| precision.round(x);
    let roots: Vec<f64> = products(betas, precision).into_iter().map(|bar| round(bar.sqrt())).collect();
    let (Some(first), Some(last)) = (roots.first(), roots.last()) else { return Vec::new() };
    let stretch = round(first / round(first - last));
    let bars: Vec<f64> = roots
        .iter()
        .map(|root| {
            let root = round(round(root - last) * stretch);
            round(root * root)
        })
        .collect();
    let rest = bars.windows(2).map(|pair| round(1.0 - round(pair[1] / pair[0])));
    std::iter::once(round(1.0 - bars[0])).chain(rest).collect()
}

/// `σ/α` of every training step; there is at least one.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// `σ_t/α_t` for `t = 0 … T − 1`.
    pub ratios: Vec<f64>,
}

impl Table {
    /// The least and the greatest.
    pub fn range(&self) -> [f64; 2] {
        [self.ratios[0], self.ratios[self.ratios.len() - 1]]
    }

    /// `σ/α` at a training step; between two of them linear, beyond them that of the end (`np.interp`).
    pub fn ratio_at(&self, timestep: f64) -> f64 {
        self.between(timestep, |low, high, part| low + part * (high - low))
    }

    /// Likewise, its logarithm linear between two training steps.
    pub fn log_ratio_at(&self, timestep: f64) -> f64 {
        self.between(timestep, |low, high, part| low.powf(1.0 - part) * high.powf(part))
    }

    fn between(&self, timestep: f64, mix: impl Fn(f64, f64, f64) -> f64) -> f64 {
        let last = self.ratios.len() - 1;
        let timestep = timestep.clamp(0.0, last as f64);
        let low = (timestep as usize).min(last);
        let part = timestep - low as f64;
        if part == 0.0 { self.ratios[low] } else { mix(self.ratios[low], self.ratios[low + 1], part) }
    }

    /// The training step, with its fraction, at which `σ/α` is that: the inverse of [`Self::log_ratio_at`].
    pub fn timestep_at(&self, ratio: f64) -> f64 {
        let above = self.ratios.partition_point(|known| *known <= ratio);
        let low = above.saturating_sub(1).min(self.ratios.len().saturating_sub(2));
        let Some(high) = self.ratios.get(low + 1) else { return 0.0 };
        let part = (ratio / self.ratios[low]).ln() / (high / self.ratios[low]).ln();
        low as f64 + part.clamp(0.0, 1.0)
    }
}

#[cfg(test)]
mod tests;
