//! The likelihood's weight: `λ(t) = g(t)²` on the error of the score, with `g` the diffusion of a schedule's SDE.
//!
//! ```text
//! g² = d(r²)/dt α²,   r = σ/α   ⇒   g² ‖s − ∇ ln p‖² = 2 r'/r³ ‖D − y‖² = −d(SNR)/dt ‖D − y‖²
//! ```
//!
//! Song et al. 2021, "Maximum likelihood training of score-based diffusion models", Theorem 1, <https://arxiv.org/abs/2101.09258>: with
//! the schedule's time drawn uniformly, half of this loss bounds the negative log-likelihood but for a constant. So it goes with the
//! noise distribution whose time is that schedule's: `vp` with `vp_linear`, `sub_vp` with `sub_vp`, `laplace` with `laplace`. Under
//! `ve`, whose `r'` is proportional to `r`, it is `simple`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Weight;
use crate::Result;
use crate::config::check::under;
use crate::registry::{About, Member};
use crate::schedules::{Level, ScheduleConfig};

/// `g²` of a schedule's SDE.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Likelihood {
    /// The schedule whose time the noise distribution draws.
    pub schedule: ScheduleConfig,
}

impl Default for Likelihood {
    fn default() -> Self {
        Self { schedule: ScheduleConfig::named("vp_linear").expect("the default should be registered") }
    }
}

impl Member for Likelihood {
    const ABOUT: About = About {
        summary: "What bounds the likelihood: the squared diffusion of a schedule's SDE",
        paper: "Song et al. 2021, Theorem 1, https://arxiv.org/abs/2101.09258",
    };
}

impl Weight for Likelihood {
    fn of(&self, sigma: f64, c_out: f64) -> f64 {
        let schedule = &*self.schedule;
        let at = Level::at(schedule, schedule.time(sigma));
        // r'/r = σ'/σ − α'/α
        let rate = schedule.d_sigma(at.t) / at.sigma - schedule.d_alpha(at.t) / at.alpha;
        2.0 * rate * (c_out / at.ratio()).powi(2)
    }
    fn check(&self) -> Result<()> {
        under("schedule", self.schedule.check())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diffusion::WeightConfig;

    fn weight(schedule: &str, sigma: f64) -> f64 {
        let schedule = ScheduleConfig::named(schedule).expect(schedule);
        Likelihood { schedule }.of(sigma, 1.0)
    }

    /// `g² = β` (Song et al. 2021, Eq. 11), `β (1 − e^{−2B})` (Eq. 12) and `dσ²/dt` (Eq. 9), <https://arxiv.org/abs/2011.13456>; the
    /// score's error is `α/σ²` times that of `D`.
    #[test]
    fn the_diffusions_are_those_of_the_papers_sdes() {
        for name in ["vp_linear", "sub_vp", "ve"] {
            let schedule = ScheduleConfig::named(name).expect(name);
            for t in [0.01, 0.2, 0.5, 0.9] {
                let at = Level::at(&*schedule, t);
                let (beta, b) = (0.1 + t * 19.9, t * (0.1 + 0.5 * t * 19.9));
                let g2 = match name {
                    "vp_linear" => beta,
                    "sub_vp" => beta * (1.0 - (-2.0 * b).exp()),
                    _ => 1.0,
                };
                let wanted = g2 * at.alpha.powi(2) / at.sigma.powi(4);
                let got = weight(name, at.ratio());
                assert!((got / wanted - 1.0).abs() < 1e-8, "{name} at {t}: {got}, not {wanted}");
            }
        }
    }

    /// Kingma and Gao 2023, <https://arxiv.org/abs/2303.00848>: in expectation the bound does not know the schedule, only its ends.
    #[test]
    fn in_expectation_every_schedule_gives_the_same_loss() {
        // With data N(0, 1): E‖D − y‖² = r²/(1 + r²), and ∫ 2r'/r³ r²/(1 + r²) dt = ln(r²/(1 + r²)).
        let (low, high) = (0.1_f64, 5.0_f64);
        let wanted = (high * high / (1.0 + high * high) / (low * low / (1.0 + low * low))).ln();
        for name in ["vp_linear", "sub_vp", "vp", "vp_cosine", "cond_ot"] {
            let schedule = ScheduleConfig::named(name).expect(name);
            let [from, to] = [schedule.time(low), schedule.time(high)];
            let n = 20_000;
            let h = (to - from) / f64::from(n);
            let cost = |i: i32| {
                let r = Level::at(&*schedule, from + (f64::from(i) + 0.5) * h).ratio();
                weight(name, r) * r * r / (1.0 + r * r) * h
            };
            let total: f64 = (0..n).map(cost).sum();
            assert!((total / wanted - 1.0).abs() < 1e-4, "{name}: {total}, not {wanted}");
        }
    }

    #[test]
    fn under_logarithmic_noise_it_is_the_simple_weight() {
        let simple = WeightConfig::named("simple").expect("simple");
        // In `edm`, σ = t: r'/r³ = 1/σ³, and a uniform t is to a uniform ln t as σ is to 1.
        for sigma in [0.02, 0.7, 30.0] {
            assert!((weight("edm", sigma) * sigma / (2.0 * simple.of(sigma, 1.0)) - 1.0).abs() < 1e-12);
        }
    }
}
