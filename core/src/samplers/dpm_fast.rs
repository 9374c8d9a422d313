//! DPM-Solver-fast: third-order steps of equal length in `λ`, as many as a given number of evaluations pays for.
//!
//! ```text
//! n evaluations, K = ⌊n/3⌋ + 1 steps:   orders 3, …, 3, 2, 1 where 3 divides n,   else 3, …, 3, n mod 3
//! ```
//!
//! Lu et al. 2022, section 3.4, <https://arxiv.org/abs/2206.00927>; `sample_dpm_fast` of k-diffusion,
//! <https://github.com/crowsonkb/k-diffusion>. The levels are its own, between the walk's first and its last before data. A step of the
//! walk is one evaluation, into data the last: a substep of order 3 is taken at once, and the two steps that paid for it rest.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::dpm_stages::{Stages, down};
use super::noise::check_noise;
use super::{Level, Sampler, Solver, Vector, Walk, combine, frame};
use crate::Result;
use crate::registry::{About, Member};

/// Chooses its own levels. Third order but for its last steps, so that the whole converges at order 2.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct DpmFast {
    /// Share of the posterior's noise that is drawn anew.
    #[schemars(range(min = 0.0))]
    pub eta: f64,
    /// Factor of the noise added, 1 in theory.
    #[schemars(range(min = 0.0))]
    pub s_noise: f64,
}

impl Default for DpmFast {
    fn default() -> Self {
        Self { eta: 0.0, s_noise: 1.0 }
    }
}

impl Member for DpmFast {
    const ABOUT: About = About {
        summary: "DPM-Solver-fast, third-order steps for a given number of evaluations, levels of its own",
        paper: "Lu et al. 2022, section 3.4, https://arxiv.org/abs/2206.00927",
    };
}

impl Solver for DpmFast {
    fn order(&self) -> u32 {
        2
    }
    fn stochastic(&self) -> bool {
        self.eta > 0.0
    }
    fn evaluations(&self) -> Option<usize> {
        None
    }
    fn levels_of_its_own(&self) -> bool {
        true
    }
    fn check(&self) -> Result<()> {
        check_noise(self.eta, self.s_noise)
    }
    fn build(&self) -> Box<dyn Sampler> {
        Box::new(self.clone())
    }
}

impl Sampler for DpmFast {
    fn step(&mut self, walk: &Walk, x: Vector, from: Level, to: Level) -> Result<Vector> {
        if to.sigma == 0.0 {
            return Ok(combine([(to.alpha, walk.denoise(&x, from))]));
        }
        let x = frame::enter(x, from);
        let x = match Plan::of(walk).beginning_at(walk.step()) {
            Some(substep) => self.take(walk, x, &substep),
            None => x,
        };
        Ok(frame::leave(x, to))
    }
}

impl DpmFast {
    fn take(&self, walk: &Walk, x: Vector, substep: &Substep) -> Vector {
        let [from, to] = substep.lambdas;
        let (lower, up) = down(from, to, substep.end, self.eta);
        let x = Stages::begin(walk, x, (-from).exp(), lower - from).of_order(substep.order);
        if up == 0.0 {
            return x;
        }
        combine([(1.0, x), (self.s_noise * up, walk.brownian((-from).exp(), (-to).exp()))])
    }
}

/// Substeps of equal length between two `λ`.
struct Plan {
    span: [f64; 2],
    orders: Vec<usize>,
}

/// One of them, and the end of all.
struct Substep {
    lambdas: [f64; 2],
    end: f64,
    order: usize,
}

impl Plan {
    fn of(walk: &Walk) -> Self {
        let noisy: Vec<&Level> = walk.levels.iter().filter(|level| level.sigma > 0.0).collect();
        let lambda = |level: Option<&&Level>| level.map_or(0.0, |level| level.log_snr());
        // One evaluation a step, but for that into data.
        Self {
            span: [lambda(noisy.first()), lambda(noisy.last())],
            orders: orders(noisy.len().saturating_sub(1)),
        }
    }

    /// The substep that begins with that evaluation, if one does.
    fn beginning_at(&self, evaluation: usize) -> Option<Substep> {
        let [start, end] = self.span;
        let mut spent = 0;
        let index = self.orders.iter().position(|order| {
            let begins = spent == evaluation;
            spent += order;
            begins
        })?;
        let at = |i: usize| start + (end - start) * i as f64 / self.orders.len() as f64;
        Some(Substep { lambdas: [at(index), at(index + 1)], end, order: self.orders[index] })
    }
}

/// The orders of substeps that take that many evaluations in all.
fn orders(evaluations: usize) -> Vec<usize> {
    let threes = evaluations / 3;
    match evaluations % 3 {
        0 if threes == 0 => vec![],
        0 => [vec![3; threes - 1], vec![2, 1]].concat(),
        rest => [vec![3; threes], vec![rest]].concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plan_spends_every_evaluation() {
        for n in 0..40 {
            assert_eq!(orders(n).iter().sum::<usize>(), n);
            assert_eq!(orders(n).len(), if n == 0 { 0 } else { n / 3 + 1 });
        }
        assert_eq!(orders(9), [3, 3, 2, 1]);
        assert_eq!(orders(10), [3, 3, 3, 1]);
    }

    #[test]
    fn substeps_begin_where_the_evaluations_before_have_been_spent() {
        let plan = Plan { span: [-1.0, 3.0], orders: orders(9) };
        let begun: Vec<usize> = (0..9).filter(|i| plan.beginning_at(*i).is_some()).collect();
        assert_eq!(begun, [0, 3, 6, 8]);
        let last = plan.beginning_at(8).expect("a substep");
        assert_eq!((last.lambdas, last.order), ([2.0, 3.0], 1));
    }
}
