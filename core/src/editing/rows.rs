//! Samples that are given, as rows of a batch.

use burn::prelude::*;

use crate::samplers::Noise;
use crate::{Error, Result};

/// Row `i` of the batch is the given row `first + i` modulo their number, so that it does not depend on the batch: `[rows, width]`.
pub fn spread(values: &[f32], width: usize, noise: &Noise) -> Tensor<2> {
    let given = (values.len() / width) as u64;
    let row = |i: usize| ((noise.first + i as u64) % given) as usize * width;
    let spread: Vec<f32> =
        (0..noise.rows).flat_map(|i| values[row(i)..row(i) + width].iter().copied()).collect();
    Tensor::from_data(TensorData::new(spread, [noise.rows, width]), &noise.device)
}

/// Refuses what is not one or more rows of finite numbers.
pub(super) fn check(name: &str, values: &[f32], width: usize, shape: &[usize]) -> Result<()> {
    if values.is_empty() || width == 0 || !values.len().is_multiple_of(width) {
        return Err(Error::argument(format!(
            "{name}: wanted {width} numbers for each row, of shape {shape:?}; these are {}",
            values.len()
        )));
    }
    match values.iter().position(|value| !value.is_finite()) {
        Some(at) => Err(Error::argument(format!("{name}: number {at} is {}", values[at]))),
        None => Ok(()),
    }
}

/// Numbers of the host beside `x`: on its device, of its precision.
pub(super) fn beside<const D: usize>(values: Vec<f64>, shape: [usize; D], x: &Tensor<2>) -> Tensor<D> {
    Tensor::from_data(TensorData::new(values, shape), (&x.device(), x.dtype()))
}
