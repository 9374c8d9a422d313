//! The course of a walk: which levels it visits, what it starts from, what is put back on the way.
//!
//! ```text
//! start:  x = α y + σ n                                    (SDEdit, Meng et al. 2022, Algorithm 1; y = 0 is plain sampling)
//! after a step:  x ← m x + (1 − m)(α y + σ n)              (replacement, Song et al. 2021, Appendix I.2; y is known where m = 0)
//! up again:  x/α ← x'/α' + sqrt(σ²/α² − σ'²/α'²) n         (jumps, Lugmayr et al. 2022, Algorithm 1)
//! ```
//!
//! <https://arxiv.org/abs/2108.01073>, <https://arxiv.org/abs/2011.13456>, <https://arxiv.org/abs/2201.09865>.

use burn::prelude::*;

use crate::random::{Key, Purpose};
use crate::samplers::Noise;
use crate::schedules::Level;

/// What stays as it is.
#[derive(Clone)]
pub struct Known {
    /// The samples, `[batch, features]`.
    pub rows: Tensor<2>,
    /// 1 where to draw, 0 what is known, `[batch, features]`.
    pub mask: Tensor<2>,
}

/// Where a walk goes beside its solver.
#[derive(Clone)]
pub struct Course {
    /// Indices of the levels in the order in which they are visited: one further is a step, any before is a jump upwards.
    pub route: Vec<usize>,
    /// What the noise is added to at the start, `[batch, features]`; nothing in plain sampling.
    pub origin: Option<Tensor<2>>,
    /// What is put back after each step.
    pub known: Option<Known>,
}

/// Tells the noise of jumps from that of known parts.
const JUMP: u32 = 1 << 31;

impl Course {
    /// From noise to data in so many steps.
    pub fn plain(steps: usize) -> Self {
        Self { route: (0..=steps).collect(), origin: None, known: None }
    }

    /// The last part of the way, `strength` of its steps (one at least), from `rows` with noise.
    pub fn from(rows: Tensor<2>, strength: f64, steps: usize) -> Self {
        let walked = ((strength * steps as f64).round() as usize).clamp(1, steps);
        Self { route: (steps - walked..=steps).collect(), origin: Some(rows), known: None }
    }

    /// Whether nothing is put back or begun from on the way down in so many steps.
    pub fn is_plain(&self, steps: usize) -> bool {
        let straight = self.route.iter().copied().eq(0..=steps);
        straight && self.origin.is_none() && self.known.is_none()
    }

    /// Steps downwards.
    pub fn steps(&self) -> usize {
        self.route.windows(2).filter(|pair| pair[1] > pair[0]).count()
    }

    /// What the walk starts from at its first level.
    pub fn start(&self, noise: &Noise, level: Level) -> Tensor<2> {
        let x = noise.start(level);
        match &self.origin {
            Some(y) => x + y.clone() * level.alpha,
            None => x,
        }
    }

    /// What is left of `x` after the `visit`-th place of the route was reached: the known part is put back, with fresh noise.
    pub fn arrive(&self, x: Tensor<2>, noise: &Noise, level: Level, visit: usize) -> Tensor<2> {
        let Some(Known { rows, mask }) = &self.known else { return x };
        let mut y = rows.clone() * level.alpha;
        if level.sigma > 0.0 {
            y = y + noise.draw(Purpose::Noise, 1 + visit as u32) * level.sigma;
        }
        // As y + m (x − y), what is kept would be rounded.
        x * mask.clone() + y * (mask.clone() * -1.0 + 1.0)
    }

    /// `x` at a lower level, noised up to a higher one.
    pub fn jump(x: Tensor<2>, noise: &Noise, [from, to]: [Level; 2], visit: usize) -> Tensor<2> {
        let added = (to.ratio().powi(2) - from.ratio().powi(2)).max(0.0).sqrt();
        x * (to.alpha / from.alpha) + noise.draw(Purpose::Noise, JUMP | visit as u32) * (to.alpha * added)
    }
}

/// The noise of the `pass`-th time that levels are walked: not the same again after a jump.
pub fn pass(noise: &Noise, pass: u32) -> Noise {
    if pass == 0 {
        return noise.clone();
    }
    // An index that no sample has.
    let key = Key::new(noise.seed, Purpose::SamplerNoise, (1 << 56) - 1).draw(pass);
    let mut words = key.words().map(u64::from);
    let mut word = || words.next().expect("a stream should not end");
    Noise { seed: word() << 32 | word(), ..noise.clone() }
}
