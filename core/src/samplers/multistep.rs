//! Multistep exponential integrators: a step of order `p` is made of the last `p` predictions.
//!
//! ```text
//! D_1 = (m − m_1)/r_1,   x' = c x + w_1 m + (w_1/2 or w_2) D_1                                 midpoint or heun
//! x' = c x + w_1 m + w_2 D_1 + w_3 D_2,   D_1, D_2 of the parabola m + D_1 u + D_2 u²            order 3 as published
//! ```
//!
//! Lu et al. 2022, Algorithm 2, <https://arxiv.org/abs/2211.01095>. `D_2` as published is half of what integrates the parabola
//! exactly (that would be `2 w_3`, as DEIS has it); what is reproduced is what was published.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::exponential::{Exponential, History, Predicts};
use super::walk::epsilon;
use super::{Level, Sampler, Term, Vector, Walk, combine, combine_both};
use crate::Result;

/// How the second-order term is weighted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Second {
    /// As if the slope held at the middle of the step: `w_1/2`.
    #[default]
    Midpoint,
    /// The slope integrated exactly: `w_2`.
    Heun,
}

/// What the last steps do, where few steps are taken and the noise falls fast.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Last {
    /// The order falls to 1 in the last step, in walks of fewer than 15 steps (in UniPC and SA-Solver: in every walk).
    #[default]
    LowerOrder,
    /// As `lower_order`, and the last step is Euler's in every walk.
    Euler,
    /// The order stays. A step into data (`σ = 0`) is of order 1 all the same: nothing else is defined there.
    Full,
}

impl Last {
    /// The order of this step where `order` is that of the walk: lowered in walks of fewer than 15 steps.
    pub(super) fn order(self, walk: &Walk, to: Level, order: usize) -> usize {
        let lowers = self != Self::Full && walk.steps() < 15;
        self.ends(walk, to, if lowers { order.min(left(walk)) } else { order })
    }

    /// The same, lowered in every walk.
    pub(super) fn falling(self, walk: &Walk, to: Level, order: usize) -> usize {
        self.ends(walk, to, if self == Self::LowerOrder { order.min(left(walk)) } else { order })
    }

    fn ends(self, walk: &Walk, to: Level, order: usize) -> usize {
        if to.sigma == 0.0 || self == Self::Euler && left(walk) == 1 { 1 } else { order }
    }
}

/// Steps to go, this one included.
pub(super) fn left(walk: &Walk) -> usize {
    walk.steps().saturating_sub(walk.step()).max(1)
}

/// How predictions are made into a step.
#[derive(Clone, Copy, Debug)]
pub(super) enum Rule {
    /// As Lu et al. have it.
    Published(Second),
    /// Their polynomial, integrated exactly.
    Exact,
}

impl Rule {
    /// The integrals of `uᵏ`, as many as the order.
    pub(super) fn moments(self, step: &Exponential, order: usize) -> Vec<f64> {
        let [first, second, third, _] = step.weights;
        match (self, order) {
            (Self::Published(Second::Midpoint), 2) => vec![first, first / 2.0],
            (Self::Published(_), 3) => vec![first, second, third],
            _ => step.moments(order),
        }
    }
}

/// Where noise comes from.
#[derive(Clone, Copy, Debug)]
pub(super) enum Source {
    /// Drawn anew each step.
    Fresh,
    /// The walk's Brownian path, in time `σ/α`.
    Path,
}

/// A multistep walker.
#[derive(Debug)]
pub(super) struct Multistep {
    pub(super) predicts: Predicts,
    pub(super) rule: Rule,
    pub(super) order: usize,
    pub(super) last: Last,
    history: History,
}

impl Multistep {
    pub(super) fn new(predicts: Predicts, rule: Rule, order: usize, last: Last) -> Self {
        Self { predicts, rule, order, last, history: History::default() }
    }

    /// The step with those coefficients and that noise.
    pub(super) fn advance(
        &mut self,
        walk: &Walk,
        x: Vector,
        [from, to]: [Level; 2],
        step: &Exponential,
        noise: Option<Term>,
    ) -> Vector {
        let denoised = walk.denoise(&x, from);
        let order = self.last.order(walk, to, self.order).min(self.history.len() + 1);
        let carried = if self.predicts == Predicts::Data { &x } else { &denoised }.clone();
        let moments = self.rule.moments(step, order);
        let (own, others) = self.history.advance(carried, [from, to], step, &moments);
        let others = others.into_iter().chain(noise);
        // The oldest goes before the sum is made, which then lies in its place.
        self.history.keep(self.order.saturating_sub(2));
        let (prediction, x) = match self.predicts {
            Predicts::Data => {
                drop(x);
                (denoised.clone(), combine(others.chain([(own, denoised)])))
            }
            Predicts::Noise => {
                let [noise, x] = combine_both(epsilon(x, denoised, from), own, others);
                (noise, x)
            }
        };
        self.history.push(from, prediction);
        self.history.keep(self.order - 1);
        x
    }
}

impl Sampler for Multistep {
    fn step(&mut self, walk: &Walk, x: Vector, from: Level, to: Level) -> Result<Vector> {
        let step = self.predicts.step(from, to, 0.0);
        Ok(self.advance(walk, x, [from, to], &step, None))
    }

    fn kept(&self) -> usize {
        self.history.len()
    }
}

/// A multistep walker on the SDE with noise at the rate `τ`.
#[derive(Debug)]
pub(super) struct Noisy {
    pub(super) ode: Multistep,
    pub(super) tau2: f64,
    pub(super) s_noise: f64,
    pub(super) source: Source,
}

impl Sampler for Noisy {
    fn step(&mut self, walk: &Walk, x: Vector, from: Level, to: Level) -> Result<Vector> {
        let step = self.ode.predicts.step(from, to, self.tau2);
        let noise = (step.fresh > 0.0).then(|| {
            let noise = match self.source {
                Source::Fresh => walk.draw(),
                Source::Path => walk.brownian(from.ratio(), to.ratio()),
            };
            (step.fresh * self.s_noise, noise)
        });
        Ok(self.ode.advance(walk, x, [from, to], &step, noise))
    }

    fn kept(&self) -> usize {
        self.ode.kept()
    }
}
