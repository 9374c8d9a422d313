//! Annealed importance sampling: walkers are led from one density to another, and weighted by what they gain on the way.
//!
//! ```text
//! π_k = q^(1 − β_k) p̃^(β_k),   β_k = k/K;   w = Π_k (p̃/q)^(β_k − β_{k−1}) at the walker, before a kernel that keeps π_k moves it
//! ```
//!
//! Neal 2001, <https://arxiv.org/abs/physics/9803008>.

use burn::prelude::*;

use super::{Evidence, LogDensity};
use crate::nn::over;
use crate::random::{Key, Purpose};

/// How walkers move.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kernel {
    /// A normal step of this deviation, taken by Metropolis's rule (1953).
    Metropolis(f64),
    /// A step `ε`: `x + ε²/2 ∇ ln π + ε n`, taken by the rule of Metropolis and Hastings (Roberts and Tweedie 1996).
    Langevin(f64),
}

/// From which density to which, and how.
pub struct Annealing<'a> {
    /// `ln q`, a density of mass one, of which the walkers begin as samples.
    pub start: &'a LogDensity<'a>,
    /// `ln p̃`.
    pub target: &'a LogDensity<'a>,
    /// The move at each level.
    pub kernel: Kernel,
    /// `K`.
    pub levels: usize,
    /// Moves at each level.
    pub moves: usize,
    /// Seed of the moves.
    pub seed: u64,
    /// Index of the first walker: a walker goes its way whatever the batch.
    pub first: u64,
}

/// Walkers on their way.
#[derive(Clone, Debug)]
pub struct Walkers {
    /// Where they stand, `[batch, features]`.
    pub x: Tensor<2>,
    /// `ln w`, `[batch, 1]`.
    pub log_weights: Tensor<2>,
    /// Levels passed.
    pub level: usize,
}

impl Walkers {
    /// Samples of the start's density.
    pub fn new(x: Tensor<2>) -> Self {
        let log_weights = Tensor::zeros([x.dims()[0], 1], (&x.device(), x.dtype()));
        Self { x, log_weights, level: 0 }
    }

    /// What their weights say of the normaliser; of the target's, once all levels are passed.
    pub fn evidence(&self) -> Evidence {
        Evidence::of(self.log_weights.clone())
    }
}

/// A place, `ln π` there, and its gradient where the kernel asks for one.
struct Stand {
    x: Tensor<2>,
    log: Tensor<2>,
    slope: Tensor<2>,
}

impl Annealing<'_> {
    /// One level; false once there is none left.
    pub fn step(&self, walkers: &mut Walkers) -> bool {
        if walkers.level == self.levels {
            return false;
        }
        walkers.level += 1;
        let gain = (self.target)(walkers.x.clone()) - (self.start)(walkers.x.clone());
        walkers.log_weights = walkers.log_weights.clone() + over(gain, self.levels as f64);
        let beta = walkers.level as f64 / self.levels as f64;
        let stand = self.stand(walkers.x.clone(), beta);
        let first = (walkers.level - 1) * self.moves;
        let end = (first..first + self.moves).fold(stand, |stand, draw| self.moved(stand, beta, draw as u32));
        walkers.x = end.x;
        true
    }

    fn log(&self, x: Tensor<2>, beta: f64) -> Tensor<2> {
        (self.start)(x.clone()) * (1.0 - beta) + (self.target)(x) * beta
    }

    fn stand(&self, x: Tensor<2>, beta: f64) -> Stand {
        if let Kernel::Metropolis(_) = self.kernel {
            return Stand { log: self.log(x.clone(), beta), slope: x.zeros_like(), x };
        }
        let tracked = x.clone().autodiff().require_grad();
        let log = self.log(tracked.clone(), beta);
        let gradients = log.clone().sum().backward();
        let slope = tracked.grad(&gradients).unwrap_or_else(|| x.zeros_like());
        Stand { x, log: log.without_autodiff(), slope }
    }

    fn moved(&self, stand: Stand, beta: f64, draw: u32) -> Stand {
        let [rows, features] = stand.x.dims();
        let key = Key::new(self.seed, Purpose::SamplerNoise, self.first).draw(draw);
        let noise = key.normal_rows(rows, features + 1, &stand.x.device()).cast(stand.x.dtype());
        let (step, drift) = match self.kernel {
            Kernel::Metropolis(step) => (step, 0.0),
            Kernel::Langevin(step) => (step, 0.5 * step * step),
        };
        let ahead = |stand: &Stand| stand.x.clone() + stand.slope.clone() * drift;
        let there = self.stand(ahead(&stand) + noise.clone().narrow(1, 0, features) * step, beta);
        // ln of how likely the step is from one to the other.
        let way = |from: &Stand, to: &Stand| {
            (to.x.clone() - ahead(from)).square().sum_dim(1) * (-0.5 / (step * step))
        };
        let ratio = there.log.clone() - stand.log.clone() + way(&there, &stand) - way(&stand, &there);
        // The last normal is a uniform's.
        let uniform = ((noise.narrow(1, features, 1) * std::f64::consts::FRAC_1_SQRT_2).erf() + 1.0) * 0.5;
        let taken = uniform.log().lower(ratio);
        let wide = taken.clone().expand([rows, features]);
        Stand {
            x: stand.x.mask_where(wide.clone(), there.x),
            slope: stand.slope.mask_where(wide, there.slope),
            log: stand.log.mask_where(taken, there.log),
        }
    }
}
