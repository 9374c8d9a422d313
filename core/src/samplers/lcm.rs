//! LCM: jump to data, then draw the next level anew from the schedule.
//!
//! ```text
//! y = f(x),   x ← α' y + σ' z
//! ```
//!
//! Luo et al. 2023, Algorithm 3, <https://arxiv.org/abs/2310.04378>. The model has to be a consistency function. The last step, into
//! data, draws nothing.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Level, Sampler, Solver, Vector, Walk, Wants, combine};
use crate::Result;
use crate::config::check::{positive, under};
use crate::registry::{About, Member};
use crate::schedules::discrete::{Betas, Table};

/// One evaluation a step, of a consistency function.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Lcm {
    /// How `f` is made of the model's prediction, for models in discrete time; without it, `f` is the prediction.
    pub boundary: Option<Boundary>,
}

/// `f(x; t) = c_skip x + c_out D,  c_skip = s²/((k t)² + s²),  c_out = k t/sqrt((k t)² + s²)`, with `x` of variance 1 and `t` the training
/// step (Luo et al. 2023, section 4.1): `D` but for the last few of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Boundary {
    /// The model's training steps.
    pub table: Betas,
    /// `k`.
    pub timestep_scaling: f64,
    /// `s`.
    pub sigma_data: f64,
}

impl Default for Boundary {
    fn default() -> Self {
        Self { table: Betas::default(), timestep_scaling: 10.0, sigma_data: 0.5 }
    }
}

impl Member for Lcm {
    const ABOUT: About = About {
        summary: "Latent-consistency sampling: denoise, then renoise to the next level",
        paper: "Luo et al. 2023, Algorithm 3, https://arxiv.org/abs/2310.04378",
    };
}

impl Solver for Lcm {
    fn order(&self) -> u32 {
        1
    }
    fn stochastic(&self) -> bool {
        true
    }
    fn wants(&self) -> Wants {
        Wants::ConsistencyFunction
    }
    fn check(&self) -> Result<()> {
        let Some(boundary) = &self.boundary else { return Ok(()) };
        under("boundary.table", boundary.table.check())?;
        positive("boundary.timestep_scaling", boundary.timestep_scaling)?;
        positive("boundary.sigma_data", boundary.sigma_data)
    }
    fn build(&self) -> Box<dyn Sampler> {
        let table = self.boundary.as_ref().map(|boundary| boundary.table.table());
        Box::new(Walker { boundary: self.boundary.clone().zip(table) })
    }
}

struct Walker {
    boundary: Option<(Boundary, Table)>,
}

impl Walker {
    /// The multiples of `x` and of `D` that are `f`.
    fn weights(&self, at: Level) -> [f64; 2] {
        let Some((boundary, table)) = &self.boundary else { return [0.0, 1.0] };
        let t = boundary.timestep_scaling * table.timestep_at(at.ratio()).round();
        let total = t * t + boundary.sigma_data * boundary.sigma_data;
        [boundary.sigma_data * boundary.sigma_data / total / at.alpha.hypot(at.sigma), t / total.sqrt()]
    }
}

impl Sampler for Walker {
    fn step(&mut self, walk: &Walk, x: Vector, from: Level, to: Level) -> Result<Vector> {
        let denoised = walk.denoise(&x, from);
        let [skip, out] = self.weights(from);
        let noise = (to.sigma > 0.0).then(|| (to.sigma, walk.draw()));
        Ok(combine([(to.alpha * out, denoised), (to.alpha * skip, x)].into_iter().chain(noise)))
    }
}
