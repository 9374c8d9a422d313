//! DPM-Solver++(2M) SDE: SDE-DPM-Solver++ with its share of noise `η`, on a Brownian path.
//!
//! ```text
//! x' = e^{−ηh} (σ'/σ) x + α' (1 − e^{−(1+η)h}) (D + D_1/2) + σ' sqrt(1 − e^{−2ηh}) ΔW,   D_1 = (D − D_last) h/h_last
//! ```
//!
//! Lu et al. 2022, <https://arxiv.org/abs/2211.01095>; `sample_dpmpp_2m_sde` of k-diffusion,
//! <https://github.com/crowsonkb/k-diffusion>. The noise is that of one path, whatever the number of steps.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::exponential::Predicts;
use super::multistep::{Last, Multistep, Noisy, Rule, Second, Source};
use super::noise::check_noise;
use super::{Sampler, Solver};
use crate::Result;
use crate::registry::{About, Member};

/// Stochastic, one evaluation a step; `eta` goes from the ODE (0) to the reverse SDE (1) and beyond.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Dpmpp2mSde {
    /// Rate of fresh noise.
    #[schemars(range(min = 0.0))]
    pub eta: f64,
    /// Factor of the noise added, 1 in theory.
    #[schemars(range(min = 0.0))]
    pub s_noise: f64,
    /// How the second-order term is weighted.
    pub second: Second,
}

impl Default for Dpmpp2mSde {
    fn default() -> Self {
        Self { eta: 1.0, s_noise: 1.0, second: Second::default() }
    }
}

impl Member for Dpmpp2mSde {
    const ABOUT: About = About {
        summary: "DPM-Solver++ 2M SDE, second order, multistep, Brownian noise",
        paper: "Lu et al. 2022, https://arxiv.org/abs/2211.01095; k-diffusion, https://github.com/crowsonkb/k-diffusion",
    };
}

impl Solver for Dpmpp2mSde {
    fn order(&self) -> u32 {
        2
    }
    fn stochastic(&self) -> bool {
        self.eta > 0.0
    }
    fn memory(&self) -> usize {
        1
    }
    fn check(&self) -> Result<()> {
        check_noise(self.eta, self.s_noise)
    }
    fn build(&self) -> Box<dyn Sampler> {
        let ode = Multistep::new(Predicts::Data, Rule::Published(self.second), 2, Last::Full);
        Box::new(Noisy { ode, tau2: self.eta, s_noise: self.s_noise, source: Source::Path })
    }
}
