//! Explicit Runge-Kutta methods: a table of numbers each.
//!
//! ```text
//! k_i = f(t + c_i h, y + h Σ_j a_ij k_j),   y' = y + h Σ_i b_i k_i
//! ```
//!
//! Hairer, Nørsett and Wanner 1993, Solving Ordinary Differential Equations I, section II.1. Where a sampler is the same method, the
//! numbers are the sampler's.

mod passage;
mod methods;

use burn::prelude::*;

use crate::Result;
use crate::samplers::{Pair, Tableau};

use methods::{bosh3, dopri5, euler, heun, midpoint, ralston, rk4};

pub use crate::samplers::{Over, Tolerance};
pub use passage::{Passage, Stuck};

/// A Butcher tableau. The first stage stands where the step begins.
#[derive(Clone, Copy)]
pub struct Table {
    /// `c`, from the second stage on.
    pub nodes: &'static [f64],
    /// `a`, a row a stage, from the second on.
    pub stages: &'static [&'static [f64]],
    /// `b`.
    pub weights: &'static [f64],
    /// `b − b̂`, which measures the error; empty where there is no second method.
    pub error: &'static [f64],
    /// Whether the last stage is the next step's first.
    pub first_same_as_last: bool,
}

/// A method that integrates.
pub trait Integrator {
    /// Its numbers.
    fn table(&self) -> &'static Table;

    /// Order of accuracy.
    fn order(&self) -> u32;

    /// The error that a step may make, for a method which chooses its steps.
    fn tolerance(&self) -> Option<f64> {
        None
    }

    /// Refuses options that its type alone does not.
    fn check(&self) -> Result<()> {
        Ok(())
    }
}

registry! {
    /// The integrators of an ODE that a configuration can name.
    pub enum IntegratorConfig("integrator"): dyn Integrator {
        "euler" => euler::Euler,
        "heun" => heun::Heun,
        "midpoint" => midpoint::Midpoint,
        "ralston" => ralston::Ralston,
        "rk4" => rk4::Rk4,
        "dopri5" => dopri5::Dopri5,
        "bosh3" => bosh3::Bosh3,
    }
}

/// What a step led to.
pub struct Taken {
    /// `y'`.
    pub y: Tensor<2>,
    slopes: Vec<Tensor<2>>,
}

impl Table {
    /// The table of a sampler without a second method.
    const fn plain(table: &Tableau) -> Self {
        Self { nodes: table.c, stages: table.a, weights: table.b, error: &[], first_same_as_last: false }
    }

    /// The table of a sampler that judges its steps: its last stage is the step itself.
    const fn pair(pair: &Pair) -> Self {
        let weights = pair.a[pair.a.len() - 1];
        Self { nodes: pair.c, stages: pair.a, weights, error: pair.error, first_same_as_last: true }
    }

    /// Evaluations a step, where the first slope is not known yet.
    pub fn evaluations(&self) -> usize {
        1 + self.nodes.len()
    }

    /// Takes a step of `h` from `y` at `t`; `first` is the slope there, where it is known.
    pub fn step(
        &self,
        mut f: impl FnMut(f64, &Tensor<2>) -> Tensor<2>,
        [t, h]: [f64; 2],
        y: &Tensor<2>,
        first: Option<Tensor<2>>,
    ) -> Taken {
        let mut slopes = vec![first.unwrap_or_else(|| f(t, y))];
        for (c, a) in self.nodes.iter().zip(self.stages) {
            slopes.push(f(t + c * h, &along(y.clone(), &slopes, a, h)));
        }
        Taken { y: along(y.clone(), &slopes, self.weights, h), slopes }
    }

    /// The slope at the end of a step, where the method has it.
    pub fn last(&self, mut taken: Taken) -> Option<Tensor<2>> {
        if self.first_same_as_last { taken.slopes.pop() } else { None }
    }

    /// The error of a step from `y` as a multiple of what is allowed, `rms(h Σ (b − b̂)_i k_i / (atol + rtol max(|y|, |y'|)))`, `[1]`.
    pub fn error(&self, y: &Tensor<2>, taken: &Taken, h: f64, tolerance: Tolerance) -> Tensor<1> {
        let error = along(y.zeros_like(), &taken.slopes, self.error, h);
        tolerance.norm(error, y.clone().abs().max_pair(taken.y.clone().abs()))
    }
}

/// `y + h Σ_i a_i k_i`.
fn along(y: Tensor<2>, slopes: &[Tensor<2>], a: &[f64], h: f64) -> Tensor<2> {
    let terms = slopes.iter().zip(a).filter(|(_, a)| **a != 0.0);
    terms.fold(y, |y, (k, a)| y + k.clone() * (a * h))
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::DType;

    fn number(value: f64) -> Tensor<2> {
        Tensor::from_data([[value]], (&Device::flex(), DType::F64))
    }

    fn read(tensor: Tensor<2>) -> f64 {
        tensor.into_scalar::<f64>()
    }

    /// `dy/dt = y cos t`, `y(0) = 1`, so `y = exp(sin t)`.
    fn error(integrator: &IntegratorConfig, n: usize) -> f64 {
        let h = 2.0 / n as f64;
        let mut y = number(1.0);
        for i in 0..n {
            y = integrator.table().step(|t, y| y.clone() * t.cos(), [i as f64 * h, h], &y, None).y;
        }
        (read(y) - 2.0_f64.sin().exp()).abs()
    }

    #[test]
    fn every_integrator_has_its_order() {
        for integrator in IntegratorConfig::all() {
            let measured = (error(&integrator, 32) / error(&integrator, 64)).log2();
            let promised = f64::from(integrator.order());
            assert!((measured - promised).abs() < 0.3, "{}: {measured}", integrator.name());
        }
    }

    #[test]
    fn tables_agree_with_themselves() {
        for integrator in IntegratorConfig::all() {
            let (table, name) = (integrator.table(), integrator.name());
            assert!((table.weights.iter().sum::<f64>() - 1.0).abs() < 1e-14, "{name}");
            assert!(table.error.iter().sum::<f64>().abs() < 1e-14, "{name}");
            assert_eq!(integrator.tolerance().is_some(), !table.error.is_empty(), "{name}");
            for (c, a) in table.nodes.iter().zip(table.stages) {
                assert!((a.iter().sum::<f64>() - c).abs() < 1e-14, "{name} at {c}");
            }
        }
    }

    /// The slope that is handed on is that at the step's end, and the measured error is of the fifth order.
    #[test]
    fn dormand_and_prince_know_their_last_slope_and_their_error() {
        let table = IntegratorConfig::named("dopri5").expect("dopri5").table();
        let f = |t: f64, y: &Tensor<2>| y.clone() * t.cos();
        let measured = |h: f64| {
            let taken = table.step(f, [0.3, h], &number(1.0), None);
            f64::from(table.error(&number(1.0), &taken, h, Tolerance::equal(1.0)).into_scalar::<f32>())
        };
        let order = (measured(0.2) / measured(0.1)).log2();
        assert!((order - 5.0).abs() < 0.3, "{order}");
        let taken = table.step(f, [0.3, 0.2], &number(1.0), None);
        let end = read(taken.y.clone());
        let last = table.last(taken).expect("the last slope");
        assert!((read(last) - end * 0.5_f64.cos()).abs() < 1e-14);
    }
}
