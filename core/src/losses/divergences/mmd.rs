//! The maximum mean discrepancy: `MMD² = E k(X, X') + E k(Y, Y') − 2 E k(X, Y)`, no row paired with itself.
//!
//! Gretton et al. 2012, Lemma 6, <https://jmlr.org/papers/v13/gretton12a.html>.

use burn::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::SetDivergence;
use super::pairs::{mean_of_different, squares};
use crate::Result;
use crate::config::check::{not_empty, positive};
use crate::random::Key;
use crate::registry::{About, Member};

/// The kernel, a mean over widths `h`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Similarity {
    /// `exp(−|x − y|²/2h²)`.
    Gaussian,
    /// `h²/(h² + |x − y|²)`: of heavy tails, so that rows far apart still attract one another (Tolstikhin et al. 2018, section 4,
    /// <https://arxiv.org/abs/1711.01558>).
    #[default]
    InverseMultiquadric,
}

/// The squared discrepancy without bias, so it may be below 0.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct KernelDiscrepancy {
    /// The kernel.
    pub kernel: Similarity,
    /// Its widths, beside `√(2 features)`: about the distance of two draws of a standard normal.
    pub widths: Vec<f64>,
}

impl Default for KernelDiscrepancy {
    fn default() -> Self {
        Self { kernel: Similarity::default(), widths: vec![0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0] }
    }
}

impl Member for KernelDiscrepancy {
    const ABOUT: About = About {
        summary: "Squared maximum mean discrepancy without bias, by kernels of several widths",
        paper: "Gretton et al. 2012, https://jmlr.org/papers/v13/gretton12a.html; Tolstikhin et al. 2018, https://arxiv.org/abs/1711.01558",
    };
}

impl KernelDiscrepancy {
    fn kernel(&self, x: &Tensor<2>, y: &Tensor<2>) -> Tensor<2> {
        let unit = 2.0 * x.dims()[1] as f64;
        let squares = squares(x, y);
        let of = |width: &f64| {
            let square = width * width * unit;
            match self.kernel {
                Similarity::Gaussian => (squares.clone() * (-0.5 / square)).exp(),
                Similarity::InverseMultiquadric => (squares.clone() / square + 1.0).recip(),
            }
        };
        let sum = self.widths.iter().map(of).reduce(|sum, kernel| sum + kernel);
        sum.expect("a kernel should have widths") / self.widths.len() as f64
    }
}

impl SetDivergence for KernelDiscrepancy {
    fn measure(&self, x: Tensor<2>, y: Tensor<2>, _key: Key) -> Tensor<1> {
        let within = |rows: &Tensor<2>| mean_of_different(self.kernel(rows, rows));
        within(&x) + within(&y) - self.kernel(&x, &y).mean() * 2.0
    }
    fn check(&self) -> Result<()> {
        not_empty("widths", &self.widths)?;
        self.widths.iter().try_for_each(|width| positive("widths", *width))
    }
}
