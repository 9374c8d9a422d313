//! What tests of kernels share.

use burn::prelude::*;
use burn::tensor::DType;

/// Numbers between −1.5 and 1.5 that a seed tells apart, exact in single precision.
pub(crate) fn values<const D: usize>(
    shape: [usize; D],
    (device, dtype, seed): (&Device, DType, usize),
) -> Tensor<D> {
    let value = |i: usize| f64::from(((i * 37 + seed * 101 + i * i % 89 + 13) % 1009) as f32 / 331.0 - 1.5);
    let values: Vec<f64> = (0..shape.iter().product()).map(value).collect();
    Tensor::from_data(TensorData::new(values, shape).convert_dtype(dtype), (device, dtype))
}

/// The greatest difference, beside the greatest number, or a tenth where all are smaller.
pub(crate) fn far(found: &[f64], wanted: &[f64]) -> f64 {
    assert_eq!(found.len(), wanted.len());
    let greatest = wanted.iter().fold(0.1_f64, |most, x| most.max(x.abs()));
    let apart = |(a, b): (&f64, &f64)| if a.is_finite() { (a - b).abs() } else { f64::INFINITY };
    found.iter().zip(wanted).map(apart).fold(0.0, f64::max) / greatest
}
