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

/// What tests run on, by name: the processor, and where graphics are built in the first software adapter, as `KILN_TEST_DEVICES` says.
pub(crate) fn devices() -> Vec<(&'static str, Device)> {
    let wanted = std::env::var("KILN_TEST_DEVICES").unwrap_or_else(|_| "cpu,gpu-software".into());
    let mut devices = Vec::new();
    if wanted.split(',').any(|name| name == "cpu") {
        devices.push(("cpu", Device::flex()));
    }
    if wanted.split(',').any(|name| name == "gpu-software") {
        devices.extend(software().map(|device| ("gpu-software", device)));
    }
    devices
}

#[expect(clippy::print_stderr, reason = "a skipped test has to be seen")]
fn software() -> Option<Device> {
    let found = crate::adapters::list().into_iter().find(|adapter| !adapter.kind.hardware());
    let device = found.as_ref().and_then(crate::adapters::device);
    if device.is_none() && cfg!(feature = "gpu") {
        eprintln!("SKIPPED on gpu-software: no software graphics adapter; install mesa-vulkan-drivers");
    }
    device
}

/// Devices and precisions, each with what it may be off by: in single precision and in double, which only the processor has.
pub(crate) fn kinds(single: f64, double: f64) -> Vec<(&'static str, Device, DType, f64)> {
    let mut kinds = vec![("cpu", Device::flex(), DType::F64, double)];
    kinds.extend(devices().into_iter().map(|(name, device)| (name, device, DType::F32, single)));
    kinds
}
