//! DPM-Solver++(3M) SDE: as 2M SDE, from the last three predictions.
//!
//! ```text
//! x' = e^{−ηh} (σ'/σ) x + w_1 D + w_2 D_1 + w_3 D_2 + σ' sqrt(1 − e^{−2ηh}) ΔW,   D_1, D_2 of the parabola D + D_1 u + D_2 u²
//! ```
//!
//! `sample_dpmpp_3m_sde` of k-diffusion, <https://github.com/crowsonkb/k-diffusion>, after Lu et al. 2022,
//! <https://arxiv.org/abs/2211.01095>. The noise is that of one path, whatever the number of steps.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::exponential::Predicts;
use super::multistep::{Last, Multistep, Noisy, Rule, Second, Source};
use super::noise::check_noise;
use super::{Sampler, Solver};
use crate::Result;
use crate::registry::{About, Member};

/// Stochastic, one evaluation a step. Its first steps are of lower order, so that its drift converges at order 2.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Dpmpp3mSde {
    /// Rate of fresh noise.
    #[schemars(range(min = 0.0))]
    pub eta: f64,
    /// Factor of the noise added, 1 in theory.
    #[schemars(range(min = 0.0))]
    pub s_noise: f64,
}

impl Default for Dpmpp3mSde {
    fn default() -> Self {
        Self { eta: 1.0, s_noise: 1.0 }
    }
}

impl Member for Dpmpp3mSde {
    const ABOUT: About = About {
        summary: "DPM-Solver++ 3M SDE, multistep, Brownian noise",
        paper: "k-diffusion, https://github.com/crowsonkb/k-diffusion; Lu et al. 2022, https://arxiv.org/abs/2211.01095",
    };
}

impl Solver for Dpmpp3mSde {
    fn order(&self) -> u32 {
        2
    }
    fn stochastic(&self) -> bool {
        self.eta > 0.0
    }
    fn memory(&self) -> usize {
        2
    }
    fn check(&self) -> Result<()> {
        check_noise(self.eta, self.s_noise)
    }
    fn build(&self) -> Box<dyn Sampler> {
        let ode = Multistep::new(Predicts::Data, Rule::Published(Second::Heun), 3, Last::Full);
        Box::new(Noisy { ode, tau2: self.eta, s_noise: self.s_noise, source: Source::Path })
    }
}
