//! Consistency training: the network learns where the ODE through `x` ends, from the data alone.
//!
//! ```text
//! L = E λ d(f(y + σ_{i+1} n; σ_{i+1}), f̄(y + σ_i n; σ_i)),   λ = 1/(σ_{i+1} − σ_i),   f̄ = f without gradient
//! N(k) = min(s₀ 2^⌊k/K′⌋, s₁) + 1,   K′ = ⌊K/(log₂⌊s₁/s₀⌋ + 1)⌋
//! ```
//!
//! Song and Dhariwal 2023, "Improved techniques", Table 1, <https://arxiv.org/abs/2310.14189>; after Song et al. 2023,
//! <https://arxiv.org/abs/2303.01469>. Both samples have the same noise, and the same dropout. The levels become denser while learning,
//! `N(k)` in step `k` of `K`; `d` is the pseudo-Huber metric; level `i` is drawn with the share of `ln σ ~ N(mean, std²)` that lies
//! between `σ_i` and `σ_{i+1}`. At the lowest level the target is `x` itself, whatever the prediction; `consistency` is the prediction
//! of which that is true by itself. Draw from such a model with the sampler `consistency`, in one or two steps.

use burn::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::{DiffusionConfig, Noisy};
use super::huber::pseudo_huber;
use super::trajectory::levels;
use super::{Lesson, Objective};
use crate::config::check::{at_least, positive};
use crate::guidance::Learns;
use crate::nn::Interface;
use crate::registry::{About, Member};
use crate::{Error, Result};

/// Improved consistency training (iCT).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Consistency {
    /// Steps between the ends of the range at first: `s₀`.
    pub first: usize,
    /// And at last: `s₁`.
    pub last: usize,
    /// The exponent of the levels' spacing.
    pub rho: f64,
    /// Mean of `ln σ`.
    pub mean: f64,
    /// Standard deviation of `ln σ`.
    pub std: f64,
    /// The pseudo-Huber constant `c`, divided by the square root of the number of features.
    pub huber: f64,
}

impl Default for Consistency {
    fn default() -> Self {
        Self { first: 10, last: 1280, rho: 7.0, mean: -1.1, std: 2.0, huber: 0.00054 }
    }
}

impl Member for Consistency {
    const ABOUT: About = About {
        summary: "Consistency training from data alone, for one or two steps; noise levels and weight are its own",
        paper: "Song and Dhariwal 2023, https://arxiv.org/abs/2310.14189",
    };
}

impl Consistency {
    /// `N(k)`: how many levels there are in step `k` of `steps`.
    fn count(&self, k: u64, steps: u64) -> usize {
        let doublings = f64::log2((self.last / self.first) as f64);
        let stage = (steps as f64 / (doublings + 1.0)).floor().max(1.0);
        let refined = self.first as f64 * (k as f64 / stage).floor().exp2();
        refined.min(self.last as f64) as usize + 1
    }

    /// The share of `ln σ ~ N(mean, std²)` that lies between two levels.
    fn share(&self, [from, to]: [f64; 2]) -> f64 {
        let below = |sigma: f64| libm::erf((sigma.ln() - self.mean) / (std::f64::consts::SQRT_2 * self.std));
        0.5 * (below(to) - below(from))
    }

    /// The share of pairs `(i, i + 1)` up to each, `[levels − 1]`: the last is 1.
    fn shares(&self, levels: &[f64]) -> Vec<f64> {
        let total = self.share([levels[0], levels[levels.len() - 1]]);
        levels[1..].iter().map(|sigma| self.share([levels[0], *sigma]) / total).collect()
    }
}

/// Less of the normal than this within the range is a slip of the pen, and a share of it hardly a number.
const LEAST: f64 = 1e-3;

impl Objective for Consistency {
    fn loss(&self, lesson: &Lesson) -> Tensor<1> {
        let count = self.count(lesson.learning.step, lesson.learning.steps);
        let levels = levels(lesson.model.range, count, self.rho);
        let shares = self.shares(&levels);
        // Should rounding leave the last share below 1, what lies above is the last's.
        let pair = |u: f64| shares.partition_point(|share| *share < u).min(count - 2);
        let pairs: Vec<usize> = lesson.chances().map(|mut chance| pair(chance.uniform())).collect();
        let (y, n) = (lesson.examples(), lesson.noise());
        let noisy = |sigma: &[f64]| y.clone() + n.clone() * lesson.column(sigma, |sigma| sigma);
        let class = lesson.one_hot(&lesson.classes());
        let [above, below] = [1, 0].map(|up| pairs.iter().map(|i| levels[i + up]).collect::<Vec<f64>>());
        let wanted = target(lesson, noisy(&below), &pairs, Noisy::new(below.clone(), class.clone()));
        distance(lesson, noisy(&above), class, wanted, [&above, &below], self.huber)
    }

    fn learns(&self) -> Learns {
        Learns::ConsistencyFunction
    }

    fn ignores(&self) -> &'static [&'static str] {
        &["noise", "weight", "coupling"]
    }

    fn check(&self, model: &DiffusionConfig, _interface: &Interface) -> Result<()> {
        at_least("first", self.first, 1)?;
        at_least("last", self.last, self.first)?;
        positive("rho", self.rho)?;
        positive("std", self.std)?;
        positive("huber", self.huber)?;
        let share = self.share(model.range);
        if share >= LEAST {
            return Ok(());
        }
        let [bottom, top] = model.range.map(f64::ln);
        let message = format!(
            "wanted levels within the model's range, ln σ from {bottom:.1} to {top:.1}; of those with mean {} and std {} a share of \
             {share:.0e} is",
            self.mean, self.std
        );
        Err(Error::config("mean", message))
    }
}

/// `f̄(x; σ_i)`; `x` itself where `i` is the lowest level.
pub(super) fn target(lesson: &Lesson, x: Tensor<2>, levels: &[usize], input: Noisy) -> Tensor<2> {
    let f = lesson.constant(x.clone(), &input, lesson.learning.mode);
    let x = x.without_autodiff();
    let lowest: Vec<f64> = levels.iter().map(|i| if *i == 0 { 1.0 } else { 0.0 }).collect();
    let lowest = super::super::column(&lowest, |share| share, &x.device());
    f.clone() + (x - f) * lowest
}

/// The mean of `λ d(f(x; σ_{i+1}), wanted)`, `λ = 1/(σ_{i+1} − σ_i)`.
pub(super) fn distance(
    lesson: &Lesson,
    x: Tensor<2>,
    class: Option<Tensor<2>>,
    wanted: Tensor<2>,
    [above, below]: [&[f64]; 2],
    huber: f64,
) -> Tensor<1> {
    let input = Noisy::new(above.to_vec(), class);
    let f = lesson.model.evaluate(lesson.network, x, &input, lesson.learning.mode).0;
    let lambda: Vec<f64> = above.iter().zip(below).map(|(above, below)| (above - below).recip()).collect();
    (pseudo_huber(f, wanted, huber) * lesson.column(&lambda, |lambda| lambda)).mean()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Table 1 of the paper: 11 levels at first, 1,281 at last, doubled after each eighth of the training.
    #[test]
    fn the_levels_double_eight_times_as_in_the_paper() {
        let config = Consistency::default();
        let counts: Vec<usize> = (0..8).map(|eighth| config.count(eighth * 50_000, 400_000)).collect();
        assert_eq!(counts, [11, 21, 41, 81, 161, 321, 641, 1281]);
        assert_eq!((config.count(49_999, 400_000), config.count(399_999, 400_000)), (11, 1281));
        assert_eq!(config.count(9, 10), 1281, "hardly more steps than stages");
        assert_eq!(Consistency { first: 4, last: 4, ..config }.count(7, 9), 5);
    }

    #[test]
    fn levels_lie_between_the_ends_and_are_drawn_by_the_normals_share() {
        let config = Consistency::default();
        let levels = levels([0.002, 80.0], 11, 7.0);
        assert!((levels[0] - 0.002).abs() < 1e-12 && (levels[10] - 80.0).abs() < 1e-9);
        // Karras' levels of EDM, the other way round.
        assert!((levels[5] - 2.5152).abs() < 1e-3, "{levels:?}");
        let shares = config.shares(&levels);
        assert!((shares[9] - 1.0).abs() < 1e-12);
        let phi = |sigma: f64| 0.5 * libm::erfc(-(sigma.ln() + 1.1) / (2.0 * std::f64::consts::SQRT_2));
        let wanted = (phi(levels[4]) - phi(0.002)) / (phi(80.0) - phi(0.002));
        assert!((shares[3] - wanted).abs() < 1e-12);
    }
}
