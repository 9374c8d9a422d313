//! Checkerboard: uniform on the fields `i + j` even of an n x n board over `[-half, half)^2`.

use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::plane::{Density, count, endless, within};
use super::{Dataset, Source, Split};
use crate::Result;
use crate::config::check::positive;
use crate::random::Stream;
use crate::registry::{About, Member};

/// Every other field of a chessboard, evenly filled.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Checkerboard {
    /// Fields along a side.
    pub fields: u32,
    /// Half the board's side; FFJORD's board has 4.
    pub half: f64,
    /// Which samples.
    pub seed: u64,
}

impl Default for Checkerboard {
    fn default() -> Self {
        Self { fields: 4, half: 2.0, seed: 0 }
    }
}

impl Member for Checkerboard {
    const ABOUT: About =
        About { summary: "Every other field of a chessboard; exact density, zero between", paper: "-" };
}

impl Source for Checkerboard {
    fn open(&self, _path: Option<&Path>, split: Split) -> Result<Box<dyn Dataset>> {
        count("fields", self.fields)?;
        positive("half", self.half)?;
        Ok(endless(self.clone(), self.seed, split))
    }

    fn shape(&self) -> Option<Vec<usize>> {
        Some(vec![2])
    }
}

impl Checkerboard {
    /// Side of a field.
    fn side(&self) -> f64 {
        2.0 * self.half / f64::from(self.fields)
    }

    /// How many fields are filled: half of them, the odd one included.
    fn filled(&self) -> u64 {
        (u64::from(self.fields) * u64::from(self.fields)).div_ceil(2)
    }

    /// Column and row of the k-th filled field: two rows hold `n` of them, the first of the two the odd one.
    fn field(&self, k: u64) -> [u64; 2] {
        let n = u64::from(self.fields);
        let (pair, rest) = (k / n, k % n);
        let first = n.div_ceil(2);
        if rest < first { [2 * rest, 2 * pair] } else { [2 * (rest - first) + 1, 2 * pair + 1] }
    }
}

impl Density for Checkerboard {
    fn sample(&self, stream: &mut Stream) -> [f64; 2] {
        let field = self.field(stream.below(self.filled()));
        field.map(|i| {
            let low = i as f64 * self.side() - self.half;
            within(low, low + self.side(), stream)
        })
    }

    fn log_density(&self, x: [f64; 2]) -> Option<f64> {
        let [i, j] = x.map(|x| libm::floor((x + self.half) / self.side()));
        let on_board = |i: f64| (0.0..f64::from(self.fields)).contains(&i);
        let filled = on_board(i) && on_board(j) && (i + j) % 2.0 == 0.0;
        let log_area = libm::log(self.filled() as f64 * self.side() * self.side());
        Some(if filled { -log_area } else { f64::NEG_INFINITY })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_filled_fields_are_those_of_even_sum_each_once() {
        for fields in 1..8 {
            let board = Checkerboard { fields, ..Checkerboard::default() };
            let got: BTreeSet<[u64; 2]> = (0..board.filled()).map(|k| board.field(k)).collect();
            let n = u64::from(fields);
            let all = (0..n).flat_map(|i| (0..n).map(move |j| [i, j]));
            assert_eq!(got, all.filter(|[i, j]| (i + j) % 2 == 0).collect(), "{fields} fields");
            assert_eq!(got.len() as u64, board.filled());
        }
    }
}
