//! The probability-flow ODE as a continuous normalizing flow: from data up to the prior, gathering the divergence on the way.
//!
//! ```text
//! ℓ = ln σ,   α = 1/sqrt(1 + σ²/σ_d²),   z = α x
//! dz/dℓ = α² z − α D(z/α; σ),   div = α² d − tr ∂D/∂x
//! log p(x) = log N(z_T; 0, σ_d² I) + ∫ div dℓ + d ln α_0,   ℓ from ln σ_min to ln σ_max
//! ```
//!
//! Song et al. 2021, Eq. 39, <https://arxiv.org/abs/2011.13456>; the ODE is Eq. 4 of Karras et al. 2022,
//! <https://arxiv.org/abs/2206.00364>. In this frame data of variance σ_d² stand still, both terms vanish towards either end, and
//! the prior `N(0, (σ_max² + σ_d²) I)` is the same at every level: equal steps in `ℓ` do.
//!
//! What begins at `σ_min` is judged as data with that much noise: `p` is the density of `x + σ_min n`. Where data lie on a grid or
//! on a surface a density grows without bound as `σ_min` falls; discrete data are spread over their cells first ([`super::Cells`]).

use burn::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::divergence::Directions;
use super::integrators::{Passage, Tolerance};
use super::{DivergenceConfig, Estimation, Integration, IntegratorConfig, Method, Process, Query};
use crate::config::check::{at_least, under};
use crate::registry::{About, Member};
use crate::samplers::Denoiser;
use crate::{Error, Result};

/// So many features are at most given an exact divergence where none is named.
const FEW: usize = 16;

/// Instantaneous change of variables along the probability-flow ODE.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Ode {
    /// How the divergence is found; nothing for exact in up to 16 dimensions and by one probe beyond.
    pub divergence: Option<DivergenceConfig>,
    /// How to integrate.
    pub integrator: IntegratorConfig,
    /// In how many equal steps of `ln σ`; one that is adaptive begins with a step of that length.
    pub steps: usize,
}

impl Default for Ode {
    fn default() -> Self {
        let integrator = IntegratorConfig::named("rk4").expect("the default should be registered");
        Self { divergence: None, integrator, steps: 50 }
    }
}

impl Member for Ode {
    const ABOUT: About = About {
        summary: "Log-density by the probability-flow ODE",
        paper: "Song et al. 2021, Eq. 39, https://arxiv.org/abs/2011.13456",
    };
}

impl Method for Ode {
    fn check(&self) -> Result<()> {
        at_least("steps", self.steps, 1)?;
        under("integrator", self.integrator.check())?;
        under("divergence", self.divergence.as_ref().map_or(Ok(()), |divergence| divergence.check()))
    }

    fn begin(&self, process: Process, rows: Tensor<2>, query: &Query) -> Result<Box<dyn Estimation>> {
        self.check()?;
        let rows = rows.without_autodiff();
        let noise = query.noise(&rows);
        let directions = self.divergence(noise.features)?.directions(&noise, rows.dtype());
        let rows = match &query.cells {
            Some(cells) => cells.spread(rows, &noise),
            None => rows,
        };
        let d = noise.features as f64;
        let [from, to] = process.range.map(f64::ln);
        let flow = Flow { process, directions, features: noise.features };
        let alpha = flow.alpha(from);
        let width = query.cells.map_or(1.0, |cells| cells.width());
        let z = rows * alpha;
        let gathered = z.zeros_like().sum_dim(1);
        let state = Tensor::cat(vec![z, gathered], 1);
        let tolerance = self.integrator.tolerance().map(Tolerance::equal);
        let passage =
            Passage::new(&*self.integrator, tolerance, [from, to], self.steps, state).or_else_say(stuck);
        let constant = d * (alpha.ln() + width.ln());
        let sigma_data = flow.process.sigma_data;
        let slope = move |l: f64, state: &Tensor<2>| flow.slope(l, state);
        Ok(Box::new(Integration::new(slope, passage, sigma_data, constant)))
    }
}

/// What to do where no step is short enough.
fn stuck(l: f64, tolerance: Tolerance) -> Error {
    Error::NotFinite(format!(
        "likelihood: at noise level {:.3} no step is short enough for {tolerance}: allow more, or take equal steps with the \
         integrator rk4",
        l.exp()
    ))
}

impl Ode {
    /// How the divergence is found for so many features.
    pub(crate) fn divergence(&self, features: usize) -> Result<DivergenceConfig> {
        let default = if features <= FEW { "exact" } else { "hutchinson" };
        self.divergence.clone().map_or_else(|| DivergenceConfig::named(default), Ok)
    }
}

/// The vector field on `[z, ∫ div]`.
struct Flow {
    process: Process,
    directions: Directions,
    features: usize,
}

impl Flow {
    /// `α(ℓ)`.
    fn alpha(&self, l: f64) -> f64 {
        1.0 / (1.0 + (l.exp() / self.process.sigma_data).powi(2)).sqrt()
    }

    /// `d[z, ∫ div]/dℓ`, `[batch, features + 1]`.
    fn slope(&self, l: f64, state: &Tensor<2>) -> Tensor<2> {
        let alpha = self.alpha(l);
        let z = state.clone().narrow(1, 0, self.features);
        let denoiser: &dyn Denoiser = &*self.process.denoiser;
        let (denoised, trace) = self.directions.trace(denoiser, &(z.clone() / alpha), l.exp());
        let dz = z * (alpha * alpha) - denoised * alpha;
        let div = -trace + alpha * alpha * self.features as f64;
        Tensor::cat(vec![dz, div], 1)
    }
}
