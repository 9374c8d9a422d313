//! Restart: Heun's method, and at one level back up into noise and down again, several times.
//!
//! ```text
//! at σ_min, K times:  x ← x + sqrt(σ_max² − σ_min²) z,  then Heun's steps from σ_max down to σ_min
//! ```
//!
//! Xu et al. 2023, Algorithm 1, <https://arxiv.org/abs/2306.14878>, in the frame `x/α`. As in the authors' program `σ_min` is the grid's
//! level nearest to the one wanted, and the levels of a return are equally spaced in the seventh root.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Level, Sampler, Solver, Vector, Walk, frame};
use crate::config::check::{at_least, within};
use crate::registry::{About, Member};
use crate::{Error, Result};

/// Second order between its draws. The defaults are the paper's for CIFAR-10 (Table 3, 43 evaluations with 18 steps).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Restart {
    /// Levels `σ/α` from which and to which noise is added.
    pub between: [f64; 2],
    /// How often, up to 1,000 times.
    #[schemars(range(max = 1000))]
    pub times: usize,
    /// Heun's steps of each return: one less than the paper's `N_Restart`, which counts levels.
    pub steps: usize,
}

impl Default for Restart {
    fn default() -> Self {
        Self { between: [0.06, 0.3], times: 2, steps: 2 }
    }
}

impl Member for Restart {
    const ABOUT: About = About {
        summary: "Restart sampling: Heun, with returns into noise at one level",
        paper: "Xu et al. 2023, Algorithm 1, https://arxiv.org/abs/2306.14878",
    };
}

impl Solver for Restart {
    fn order(&self) -> u32 {
        2
    }
    fn stochastic(&self) -> bool {
        self.times > 0
    }
    fn evaluations(&self) -> Option<usize> {
        None
    }
    fn check(&self) -> Result<()> {
        at_least("steps", self.steps, 1)?;
        // A step has so many draws of its own.
        within("times", self.times as f64, 0.0, 1e3)?;
        let [low, high] = self.between;
        if 0.0 < low && low < high && high.is_finite() {
            return Ok(());
        }
        Err(Error::config("between", format!("wanted 0 < low < high, finite; this is [{low}, {high}]")))
    }
    fn build(&self) -> Box<dyn Sampler> {
        Box::new(self.clone())
    }
}

impl Sampler for Restart {
    fn step(&mut self, walk: &Walk, x: Vector, from: Level, to: Level) -> Result<Vector> {
        let returns = self.times > 0 && self.begins(walk)? == walk.step() + 1;
        let x = frame::heun(walk, x, from, to);
        Ok(if returns { (0..self.times).fold(x, |x, _| self.again(walk, x, to)) } else { x })
    }
}

impl Restart {
    /// Which of the walk's levels is the nearest to where restarts begin; an error where none lies below what they return to.
    fn begins(&self, walk: &Walk) -> Result<usize> {
        let [low, high] = self.between;
        let distance = |(_, level): &(usize, &Level)| (level.ratio() - low).abs();
        let visited = walk.levels.iter().enumerate().skip(1).filter(|(_, level)| level.sigma > 0.0);
        let below = visited.filter(|(_, level)| level.ratio() < high);
        let nearest = below.min_by(|a, b| distance(a).total_cmp(&distance(b)));
        nearest.map(|(index, _)| index).ok_or_else(|| {
            Error::argument(format!(
                "sampler restart: after its first step this walk visits no noise level below {high} from which to go back up; take more \
                 --steps, another --grid or a higher `between`"
            ))
        })
    }

    /// From a level up into noise and down again.
    fn again(&self, walk: &Walk, x: Vector, at: Level) -> Vector {
        let (low, high) = (at.ratio(), self.between[1]);
        let noisy = Vector::sum([(1.0, x), (at.alpha * (high * high - low * low).sqrt(), walk.draw())]);
        let level = |i: usize| frame::level(at.alpha, level(low, high, i as f64 / self.steps as f64));
        (0..self.steps).fold(noisy, |x, i| frame::heun(walk, x, level(i), level(i + 1)))
    }
}

/// A share of the way down from `high` to `low`, in the seventh root (Karras et al. 2022, Eq. 5).
fn level(low: f64, high: f64, share: f64) -> f64 {
    let (bottom, top) = (low.powf(1.0 / 7.0), high.powf(1.0 / 7.0));
    (top + share * (bottom - top)).powi(7)
}
