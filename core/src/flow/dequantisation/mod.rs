//! Dequantisation: data of levels as points of the cells around them.
//!
//! ```text
//! ln P(x) = ln ∫_cell p(y) dy ≥ E_q(y|x) [ln p(y) − ln q(y|x)]
//! ```
//!
//! Ho et al. 2019, <https://arxiv.org/abs/1902.00275>, section 3.1.

mod none;
mod uniform;
mod variational;

use burn::prelude::*;

use crate::Result;
use crate::likelihood::Cells;
use crate::nn::{Init, Mode, Network};
use crate::samplers::Noise;

/// What draws a point of the cells.
pub trait Spread {
    /// `y` and `−ln q(y|x)`, `[batch, 1]`, by the rows' own noise.
    fn spread(&self, x: Tensor<2>, noise: &Noise, mode: Mode) -> [Tensor<2>; 2];

    /// What it learns; `None` where that is nothing.
    fn network(&self) -> Option<&dyn Network> {
        None
    }

    /// The same.
    fn network_mut(&mut self) -> Option<&mut dyn Network> {
        None
    }
}

/// A dequantisation's configuration.
pub trait Dequantiser {
    /// The cells of discrete data; `None` where numbers are taken for what they are.
    fn cells(&self) -> Option<Cells>;

    /// What draws, for rows of this shape.
    fn build(&self, shape: &[usize], init: &Init) -> Result<Box<dyn Spread>>;
}

registry! {
    /// The dequantisations that a configuration can name.
    pub enum DequantisationConfig("dequantisation"): dyn Dequantiser {
        "none" => none::Undivided,
        "uniform" => uniform::Evenly,
        "variational" => variational::Variational,
    }
}

/// Cells of so many levels in [-1, 1].
fn levels(count: u32) -> Cells {
    Cells { low: -1.0, high: 1.0, count }
}
