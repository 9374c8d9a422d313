//! `α² = (v(1) − v(t))/(v(1) − v(0))`, `v(t) = sigmoid((start + t (end − start))/τ)`, `σ² = 1 − α²`, for `t` from 0 to 1.
//!
//! Jabri et al. 2023, <https://arxiv.org/abs/2212.11972>; Chen 2023, <https://arxiv.org/abs/2301.10972>, Algorithm 1.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Schedule;
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

/// `sigmoid(a) − sigmoid(b)`, which does not cancel.
fn difference(a: f64, b: f64) -> f64 {
    (0.5 * (a - b)).sinh() / (2.0 * (0.5 * a).cosh() * (0.5 * b).cosh())
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

impl VpSigmoid {
    /// The curve's argument at the two ends.
    fn ends(&self) -> (f64, f64) {
        (self.start / self.tau, self.end / self.tau)
    }

    /// The argument at `t`, and how far it has come; from the nearer end, so that both ends are exact.
    fn argument(&self, t: f64) -> f64 {
        let (first, last) = self.ends();
        if t < 0.5 { first + t * (last - first) } else { last - (1.0 - t) * (last - first) }
    }

    /// `d(σ²)/dt = −d(α²)/dt`.
    fn rate(&self, t: f64) -> f64 {
        let (first, last) = self.ends();
        let x = self.argument(t);
        (last - first) * sigmoid(x) * sigmoid(-x) / difference(last, first)
    }
}

impl Schedule for VpSigmoid {
    fn alpha(&self, t: f64) -> f64 {
        let (first, last) = self.ends();
        (difference(last, self.argument(t)) / difference(last, first)).sqrt()
    }
    fn sigma(&self, t: f64) -> f64 {
        let (first, last) = self.ends();
        (difference(self.argument(t), first) / difference(last, first)).sqrt()
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
        let moved = sign * power * difference(last, first);
        let logit = (moved / sigmoid(near)).ln_1p() - (-moved / sigmoid(-near)).ln_1p();
        let part = logit / (last - first);
        if ratio < 1.0 { part } else { 1.0 + part }
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
