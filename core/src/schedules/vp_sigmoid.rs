//! `α² = (v(1) − v(t))/(v(1) − v(0))`, `v(t) = sigmoid((start + t (end − start))/τ)`, `σ² = 1 − α²`, for `t` from 0 to 1.
//!
//! Jabri et al. 2023, <https://arxiv.org/abs/2212.11972>; Chen 2023, <https://arxiv.org/abs/2301.10972>, Algorithm 1.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{LATEST, Schedule};
use crate::config::check::{positive, within};
use crate::registry::{About, Member};
use crate::{Error, Result};

/// A piece of the logistic curve, stretched to run from signal to noise.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct VpSigmoid {
    /// Where the piece begins, at data.
    pub start: f64,
    /// Where it ends, at noise.
    pub end: f64,
    /// Its temperature: less is steeper.
    pub tau: f64,
}

impl Default for VpSigmoid {
    fn default() -> Self {
        Self { start: -3.0, end: 3.0, tau: 1.0 }
    }
}

impl Member for VpSigmoid {
    const ABOUT: About = About {
        summary: "Variance preserving, sigmoid in the signal's power",
        paper: "Jabri et al. 2023, https://arxiv.org/abs/2212.11972; Chen 2023, https://arxiv.org/abs/2301.10972",
    };
}

/// `sigmoid(x + gap) − sigmoid(x)`, which does not cancel.
fn rise(x: f64, gap: f64) -> f64 {
    (0.5 * gap).sinh() / (2.0 * (0.5 * (x + gap)).cosh() * (0.5 * x).cosh())
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

impl VpSigmoid {
    /// The curve's argument at the two ends.
    fn ends(&self) -> (f64, f64) {
        (self.start / self.tau, self.end / self.tau)
    }

    /// `v(1) − v(0)`.
    fn height(&self) -> f64 {
        let (first, last) = self.ends();
        rise(first, last - first)
    }

    /// `d(σ²)/dt = −d(α²)/dt`.
    fn rate(&self, t: f64) -> f64 {
        let (first, last) = self.ends();
        let x = first + t * (last - first);
        (last - first) * sigmoid(x) * sigmoid(-x) / self.height()
    }
}

impl Schedule for VpSigmoid {
    fn alpha(&self, t: f64) -> f64 {
        let (first, last) = self.ends();
        let gap = (1.0 - t) * (last - first);
        if t == 0.0 { 1.0 } else { (rise(last - gap, gap) / self.height()).sqrt() }
    }
    fn sigma(&self, t: f64) -> f64 {
        let (first, last) = self.ends();
        (rise(first, t * (last - first)) / self.height()).sqrt()
    }
    fn d_alpha(&self, t: f64) -> f64 {
        -0.5 * self.rate(t) / self.alpha(t)
    }
    fn d_sigma(&self, t: f64) -> f64 {
        0.5 * self.rate(t) / self.sigma(t)
    }
    /// The logit of `v(t) = v(0) + σ² (v(1) − v(0))`, as its distance from that of the nearer end.
    fn time(&self, ratio: f64) -> f64 {
        let (first, last) = self.ends();
        let (near, sign) = if ratio < 1.0 { (first, 1.0) } else { (last, -1.0) };
        let power = if ratio < 1.0 { 1.0 / (1.0 + ratio.powi(-2)) } else { 1.0 / (1.0 + ratio * ratio) };
        let moved = sign * power * self.height();
        let logit = (moved / sigmoid(near)).ln_1p() - (-moved / sigmoid(-near)).ln_1p();
        let part = logit / (last - first);
        if ratio < 1.0 { part } else { (1.0 + part).min(LATEST) }
    }
    fn check(&self) -> Result<()> {
        positive("tau", self.tau)?;
        let (first, last) = self.ends();
        if first.is_nan() || first >= last {
            let message = format!("wanted a number below end ({}); this is {}", self.end, self.start);
            return Err(Error::config("start", message));
        }
        // Beyond, the curve is flat in double precision.
        within("start/tau", first, -30.0, 30.0)?;
        within("end/tau", last, -30.0, 30.0)
    }
}
