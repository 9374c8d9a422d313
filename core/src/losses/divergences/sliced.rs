//! The sliced Wasserstein distance: `SW₂² = E_θ ∫₀¹ (F⁻¹(u) − G⁻¹(u))² du` of the rows' shadows along directions `θ`.
//!
//! Bonneel et al. 2015, <https://doi.org/10.1007/s10851-014-0506-3>. On a line sorted rows meet.

use burn::prelude::*;
use burn::tensor::IndexingUpdateOp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::SetDivergence;
use crate::Result;
use crate::config::check::at_least;
use crate::random::Key;
use crate::registry::{About, Member};

/// The mean of the squared distance along random directions, others at each key. It costs the square of the number of rows: for batches of up to a
/// thousand.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Sliced {
    /// How many directions.
    pub directions: usize,
}

impl Default for Sliced {
    fn default() -> Self {
        Self { directions: 64 }
    }
}

impl Member for Sliced {
    const ABOUT: About = About {
        summary: "Squared 2-Wasserstein distance, averaged over random directions",
        paper: "Bonneel et al. 2015, https://doi.org/10.1007/s10851-014-0506-3",
    };
}

/// Each column in ascending order, with a gradient. A number's place is how many are smaller: sorting itself would be done on the host.
fn sorted(x: Tensor<2>) -> Tensor<2> {
    let [n, columns] = x.dims();
    let keys = x.clone().detach().transpose();
    // [columns, n, n]: whether j goes before i. Of equal ones the first goes first.
    let dims = [columns, n, n];
    let own = keys.clone().unsqueeze_dim::<3>(2).expand(dims);
    let other = keys.unsqueeze_dim::<3>(1).expand(dims);
    let earlier = Tensor::<2, Bool>::tril_mask([n, n], -1, &x.device()).bool_not();
    let equal = other.clone().equal(own.clone()).bool_and(earlier.unsqueeze::<3>().expand(dims));
    let before = other.lower(own).bool_or(equal);
    let place = before.int().sum_dim(2).squeeze_dim::<2>(2).transpose();
    let numbers =
        Tensor::<1, Int>::arange(0..n as i64, &x.device()).unsqueeze_dim::<2>(1).expand([n, columns]);
    let order = place.zeros_like().scatter(0, place, numbers, IndexingUpdateOp::Add);
    x.gather(0, order)
}

/// Which rows of the sorted sets meet, and the share of levels on which they do: the steps of two staircases.
fn meetings(n: usize, m: usize) -> Vec<(i64, i64, f64)> {
    let (mut i, mut j, mut level, mut met) = (0, 0, 0, Vec::new());
    while i < n && j < m {
        // Levels are counted in units of 1/(n m), so that none of them is rounded.
        let next = ((i + 1) * m).min((j + 1) * n);
        met.push((i as i64, j as i64, (next - level) as f64 / (n * m) as f64));
        level = next;
        (i, j) = (next / m, next / n);
    }
    met
}

impl SetDivergence for Sliced {
    fn measure(&self, x: Tensor<2>, y: Tensor<2>, key: Key) -> Tensor<1> {
        let directions = key.normal_rows(self.directions, x.dims()[1], &x.device()).cast(x.dtype());
        let length = directions.clone().square().sum_dim(1).sqrt().clamp_min(1e-12);
        let along = (directions / length).transpose();
        let met = meetings(x.dims()[0], y.dims()[0]);
        let pick = |rows: Tensor<2>, numbers: Vec<i64>| {
            let numbers = Tensor::<1, Int>::from_data(TensorData::new(numbers, [met.len()]), &rows.device());
            sorted(rows.matmul(along.clone())).select(0, numbers)
        };
        let gaps =
            pick(x, met.iter().map(|met| met.0).collect()) - pick(y, met.iter().map(|met| met.1).collect());
        let shares = TensorData::new(met.iter().map(|met| met.2).collect::<Vec<f64>>(), [met.len(), 1]);
        let shares = Tensor::<2>::from_data(shares, (&gaps.device(), gaps.dtype()));
        (gaps.square() * shares).sum() / self.directions as f64
    }
    fn check(&self) -> Result<()> {
        at_least("directions", self.directions, 1)
    }
}
