//! Measurements: linear maps `y = A x` of samples, for posterior sampling.

mod mask;
mod blur;
mod shrink;
mod matrix;

use burn::prelude::*;

use crate::{Error, Result};

/// A linear map of samples.
pub trait Measure {
    /// How many numbers it gives for a sample of this shape; fails where the two do not fit.
    fn width(&self, shape: &[usize]) -> Result<usize>;

    /// `A x`: `[batch, features]` to `[batch, width]`.
    fn apply(&self, x: Tensor<2>, shape: &[usize]) -> Tensor<2>;

    /// `‖A‖²`, the largest eigenvalue of `A Aᵀ`, nearly: it weighs what is known against what is not.
    fn gain(&self) -> f64 {
        1.0
    }
}

registry! {
    /// The measurements that a configuration can name.
    pub enum MeasureConfig("measurement"): dyn Measure {
        "shrink" => shrink::Shrink,
        "blur" => blur::Blur,
        "mask" => mask::Mask,
        "matrix" => matrix::Matrix,
    }
}

/// The sides of a picture, or what is wrong with measuring one.
fn picture(name: &str, shape: &[usize]) -> Result<[usize; 3]> {
    shape.try_into().map_err(|_| {
        Error::argument(format!(
            "{name}: takes pictures [channels, height, width]; these samples are {shape:?}"
        ))
    })
}
