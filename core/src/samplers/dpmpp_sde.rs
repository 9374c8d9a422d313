//! DPM-Solver++ SDE: two stages a step, noise in both from one Brownian path.
//!
//! ```text
//! in the frame x/α:  s = σ^{1−r} σ'^r,  (d, u) = ancestral(σ, s),  y = (d/σ) x + (1 − d/σ) D + u ΔW(σ, s)
//! D' = (1 − 1/2r) D + 1/2r D(y; s),  (d, u) = ancestral(σ, σ'),  x' = (d/σ) x + (1 − d/σ) D' + u ΔW(σ, σ')
//! ```
//!
//! `sample_dpmpp_sde` of k-diffusion, <https://github.com/crowsonkb/k-diffusion>, after Lu et al. 2022,
//! <https://arxiv.org/abs/2211.01095>. The noise is that of one path, whatever the number of steps.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::noise::check_noise;
use super::{Level, Sampler, Solver, Term, Vector, Walk, combine, frame};
use crate::Result;
use crate::config::check::between;
use crate::registry::{About, Member};

/// Stochastic, two evaluations a step; with `eta` 0 it is DPM-Solver++(2S).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct DpmppSde {
    /// Share of the posterior's noise that is drawn anew.
    #[schemars(range(min = 0.0))]
    pub eta: f64,
    /// Factor of the noise added, 1 in theory.
    #[schemars(range(min = 0.0))]
    pub s_noise: f64,
    /// Where in the step, in `λ`, the second stage stands.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub r: f64,
}

impl Default for DpmppSde {
    fn default() -> Self {
        Self { eta: 1.0, s_noise: 1.0, r: 0.5 }
    }
}

impl Member for DpmppSde {
    const ABOUT: About = About {
        summary: "DPM-Solver++ SDE, second order, singlestep, Brownian noise",
        paper: "k-diffusion, https://github.com/crowsonkb/k-diffusion; Lu et al. 2022, https://arxiv.org/abs/2211.01095",
    };
}

impl Solver for DpmppSde {
    fn order(&self) -> u32 {
        2
    }
    fn stochastic(&self) -> bool {
        self.eta > 0.0
    }
    fn evaluations(&self) -> Option<usize> {
        Some(2)
    }
    fn check(&self) -> Result<()> {
        check_noise(self.eta, self.s_noise)?;
        between("r", self.r, 0.0, 1.0)
    }
    fn build(&self) -> Box<dyn Sampler> {
        Box::new(self.clone())
    }
}

impl DpmppSde {
    /// From one level to another with that denoiser's answers, which are weighed.
    fn leap<const N: usize>(
        &self,
        walk: &Walk,
        x: Vector,
        denoised: [Term; N],
        [from, to]: [Level; 2],
    ) -> Vector {
        let (sigma, sigma_to) = (from.ratio(), to.ratio());
        let (down, up) = frame::ancestral(sigma, sigma_to, self.eta);
        let mut terms = vec![(to.alpha / from.alpha * down / sigma, x)];
        terms.extend(denoised.map(|(share, d)| (share * to.alpha * (sigma - down) / sigma, d)));
        if up > 0.0 {
            terms.push((to.alpha * self.s_noise * up, walk.brownian(sigma, sigma_to)));
        }
        combine(terms)
    }
}

impl Sampler for DpmppSde {
    fn step(&mut self, walk: &Walk, x: Vector, from: Level, to: Level) -> Result<Vector> {
        let denoised = walk.denoise(&x, from);
        if to.sigma == 0.0 {
            return Ok(combine([(to.alpha, denoised)]));
        }
        let sigma = from.ratio();
        let s = frame::level(from.alpha, sigma * (to.ratio() / sigma).powf(self.r));
        let y = self.leap(walk, x.clone(), [(1.0, denoised.clone())], [from, s]);
        let second = walk.denoise(&y, s);
        let share = 1.0 / (2.0 * self.r);
        Ok(self.leap(walk, x, [(1.0 - share, denoised), (share, second)], [from, to]))
    }
}
