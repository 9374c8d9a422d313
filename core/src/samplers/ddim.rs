//! DDIM: predict the data and the noise in `x`, then mix them anew at the next level, `η` of the noise fresh.
//!
//! ```text
//! ŷ = D(x),  n̂ = (x − α ŷ)/σ,  s = η (σ'/σ) sqrt(σ² − (α σ'/α')²),  x ← α' ŷ + sqrt(σ'² − s²) n̂ + s z
//! ```
//!
//! Song et al. 2021, Eq. 12 and 16, <https://arxiv.org/abs/2010.02502>.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Level, Sampler, Solver, Vector, Walk, combine};
use crate::Result;
use crate::config::check::within;
use crate::registry::{About, Member};

/// First order; `eta` goes from the ODE (0) to DDPM's ancestral sampling (1).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Ddim {
    /// Share of the noise that is drawn anew, from 0 (none) to 1 (all of the posterior's).
    #[schemars(range(min = 0.0, max = 1.0))]
    pub eta: f64,
}

impl Member for Ddim {
    const ABOUT: About = About {
        summary: "DDIM, first order, from deterministic (eta 0) to ancestral (eta 1)",
        paper: "Song et al. 2021, Eq. 12, https://arxiv.org/abs/2010.02502",
    };
}

impl Solver for Ddim {
    fn order(&self) -> u32 {
        1
    }
    fn stochastic(&self) -> bool {
        self.eta > 0.0
    }
    fn check(&self) -> Result<()> {
        within("eta", self.eta, 0.0, 1.0)
    }
    fn build(&self) -> Box<dyn Sampler> {
        Box::new(self.clone())
    }
}

impl Sampler for Ddim {
    fn step(&mut self, walk: &Walk, x: Vector, from: Level, to: Level) -> Result<Vector> {
        let s = self.eta * posterior_std(from, to);
        let denoised = if s > 0.0 { walk.denoise(&x, from) } else { walk.evaluate(&x, from, to).mean };
        let kept = (to.sigma * to.sigma - s * s).max(0.0).sqrt() / from.sigma;
        let noise = (s > 0.0).then(|| (s, walk.draw()));
        Ok(combine([(kept, x), (to.alpha - kept * from.alpha, denoised)].into_iter().chain(noise)))
    }
}

/// `σ̃ = σ'/σ sqrt(σ² − (α σ'/α')²)`, the standard deviation of `x'` given `x` and the data (Song et al. 2021, Eq. 16, written for
/// any schedule).
fn posterior_std(from: Level, to: Level) -> f64 {
    let common = from.alpha * to.sigma / to.alpha;
    to.sigma / from.sigma * (from.sigma * from.sigma - common * common).max(0.0).sqrt()
}
