//! What a bijection of rows is.

use burn::prelude::*;

use crate::nn::{Mode, Parametric};
use crate::{Error, Result};

/// A bijection of rows `[batch, features]`, with the logarithm of its Jacobian determinant, `[batch, 1]`. `told` is what both directions are
/// told beside the row, `[batch, told]`.
pub trait Map {
    /// From the data's side to the base's: `z` and `ln |det ∂z/∂x|`.
    fn normalise(&self, x: Tensor<2>, told: Option<&Tensor<2>>, mode: Mode) -> [Tensor<2>; 2];

    /// From the base's side to the data's: `x` and `ln |det ∂x/∂z|`.
    fn generate(&self, z: Tensor<2>, told: Option<&Tensor<2>>) -> [Tensor<2>; 2];

    /// Takes a scale or the like from the first batch, on its data's side; says whether it took any.
    fn prepare(&mut self, _x: &Tensor<2>, _told: Option<&Tensor<2>>) -> bool {
        false
    }
}

/// A bijection whose type is forgotten, with its parameters as a list: what [`crate::nn::Network`] is to networks.
pub trait Bijection: Map + Parametric {}

impl<T: Map + Parametric> Bijection for T {}

/// Where a bijection stands.
#[derive(Clone, Debug)]
pub struct Place {
    /// Shape of a row there, on the data's side: `[features]` or `[channels, height, width]`.
    pub shape: Vec<usize>,
    /// Numbers in what it is told.
    pub told: usize,
    /// How many of its kind came before: neighbours take turns by it.
    pub number: usize,
}

impl Place {
    /// Numbers in a row.
    pub fn features(&self) -> usize {
        self.shape.iter().product()
    }

    /// Channels, height and width; of pictures alone.
    pub fn picture(&self) -> Result<[usize; 3]> {
        let &[channels, height, width] = self.shape.as_slice() else {
            let message = format!(
                "this is for pictures [channels, height, width], and the rows are {:?} here",
                self.shape
            );
            return Err(Error::config(".", message));
        };
        Ok([channels, height, width])
    }

    /// Channels, and numbers in each: the numbers of a point are channels of one.
    pub fn channels(&self) -> [usize; 2] {
        match *self.shape.as_slice() {
            [channels, height, width] => [channels, height * width],
            _ => [self.features(), 1],
        }
    }
}

/// A bijection, and the shape of the rows on its base's side that those after it act on: fewer numbers than it gives where the last of
/// them are done.
pub struct Built {
    /// The bijection.
    pub bijection: Box<dyn Bijection>,
    /// What those after it see.
    pub shape: Vec<usize>,
}

impl Built {
    /// A bijection that leaves the shape as it is.
    pub fn same(bijection: impl Bijection, place: &Place) -> Self {
        Self { bijection: Box::new(bijection), shape: place.shape.clone() }
    }
}
