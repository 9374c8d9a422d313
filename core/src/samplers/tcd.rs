//! TCD: step past the next level, to time `s = (1 − γ) t'`, and renoise up to it.
//!
//! ```text
//! n̂ = (x − α f)/σ,   x_s = α_s f + σ_s n̂,   x ← a x_s + sqrt(σ'² − a² σ_s²) z,   a = α'/α_s
//! ```
//!
//! Zheng et al. 2024, Eq. 12 (strategic stochastic sampling), <https://arxiv.org/abs/2402.19159>. `γ = 0` is DDIM and `γ = 1` LCM. The
//! model has to be a (trajectory) consistency function. The last step, into data, draws nothing.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Level, Sampler, Solver, Vector, Walk, Wants, combine};
use crate::Result;
use crate::config::check::{under, within};
use crate::registry::{About, Member};
use crate::schedules::discrete::{Betas, Table};

/// One evaluation a step, of a consistency function.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Tcd {
    /// Share of the way that is walked anew from noise, 0 to 1.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub gamma: f64,
    /// The training steps of a model in discrete time, in which `s` is counted and rounded down; without it, the schedule's time.
    pub table: Option<Betas>,
}

impl Default for Tcd {
    fn default() -> Self {
        Self { gamma: 0.3, table: None }
    }
}

impl Member for Tcd {
    const ABOUT: About = About {
        summary: "Trajectory-consistency sampling, from DDIM (gamma 0) to LCM (gamma 1)",
        paper: "Zheng et al. 2024, Eq. 12, https://arxiv.org/abs/2402.19159",
    };
}

impl Solver for Tcd {
    fn order(&self) -> u32 {
        1
    }
    fn stochastic(&self) -> bool {
        self.gamma > 0.0
    }
    fn wants(&self) -> Wants {
        Wants::ConsistencyFunction
    }
    fn check(&self) -> Result<()> {
        within("gamma", self.gamma, 0.0, 1.0)?;
        self.table.as_ref().map_or(Ok(()), |table| under("table", table.check()))
    }
    fn build(&self) -> Box<dyn Sampler> {
        Box::new(Walker { gamma: self.gamma, table: self.table.as_ref().map(Betas::table) })
    }
}

struct Walker {
    gamma: f64,
    table: Option<Table>,
}

impl Walker {
    /// The level at time `s = (1 − γ) t'`.
    fn past(&self, walk: &Walk, to: Level) -> Level {
        let share = 1.0 - self.gamma;
        let Some(table) = &self.table else { return walk.at(share * to.t) };
        let s = (share * table.timestep_at(to.ratio()).round()).floor();
        walk.at(walk.schedule.time(table.ratio_at(s)))
    }
}

impl Sampler for Walker {
    fn step(&mut self, walk: &Walk, x: Vector, from: Level, to: Level) -> Result<Vector> {
        let y = walk.denoise(&x, from);
        if to.sigma == 0.0 {
            return Ok(combine([(to.alpha, y)]));
        }
        let s = self.past(walk, to);
        let a = to.alpha / s.alpha;
        // a x_s, in terms of x and f
        let (of_x, of_data) = (a * s.sigma / from.sigma, a * (s.alpha - s.sigma * from.alpha / from.sigma));
        let std = (to.sigma * to.sigma - a * a * s.sigma * s.sigma).max(0.0).sqrt();
        // γ = 0 leaves a rounding error for a standard deviation.
        let noise = (self.gamma > 0.0).then(|| (std, walk.draw()));
        Ok(combine([(of_x, x), (of_data, y)].into_iter().chain(noise)))
    }
}
