//! Bogacki and Shampine's pair of orders 3 and 2, with steps as long as a tolerance allows.
//!
//! ```text
//! x' = x + h (2 k₁ + 3 k₂ + 4 k₃)/9 (k₄ is the next step's first),   e = h (−5 k₁/72 + k₂/12 + k₃/9 − k₄/8),   see `adaptive`
//! ```
//!
//! Bogacki and Shampine 1989, <https://doi.org/10.1016/0893-9659(89)90079-7>; the dense output is Hermite's cubic.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::adaptive::{Adaptive, Pair, Tolerance};
use super::{Sampler, Solver};
use crate::Result;
use crate::registry::{About, Member};

pub(crate) const PAIR: Pair = Pair {
    name: "bosh3",
    a: &[&[1.0 / 2.0], &[0.0, 3.0 / 4.0], &[2.0 / 9.0, 1.0 / 3.0, 4.0 / 9.0]],
    c: &[1.0 / 2.0, 3.0 / 4.0, 1.0],
    error: &[-5.0 / 72.0, 1.0 / 12.0, 1.0 / 9.0, -1.0 / 8.0],
    dense: &[],
    power: 3.0,
};

/// Third order, three evaluations for each of its own steps; the grid only says where to look.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Bosh3 {
    /// Error allowed in a step, as a share of `x`.
    pub rtol: f64,
    /// Error allowed in a step where `x` is small.
    pub atol: f64,
}

impl Default for Bosh3 {
    fn default() -> Self {
        Self { rtol: 1e-4, atol: 1e-4 }
    }
}

impl Member for Bosh3 {
    const ABOUT: About = About {
        summary: "Bogacki-Shampine 3(2), chooses its own steps by a tolerance",
        paper: "Bogacki and Shampine 1989, https://doi.org/10.1016/0893-9659(89)90079-7",
    };
}

impl Bosh3 {
    fn tolerance(&self) -> Tolerance {
        Tolerance { rtol: self.rtol, atol: self.atol }
    }
}

impl Solver for Bosh3 {
    fn order(&self) -> u32 {
        3
    }
    fn adaptive(&self) -> bool {
        true
    }
    fn evaluations(&self) -> Option<usize> {
        None
    }
    fn memory(&self) -> usize {
        4
    }
    fn check(&self) -> Result<()> {
        self.tolerance().check()
    }
    fn build(&self) -> Box<dyn Sampler> {
        Box::new(Adaptive::new(&PAIR, self.tolerance()))
    }
}
