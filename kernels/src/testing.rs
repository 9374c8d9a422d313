//! What tests of kernels share.

use std::ops::RangeInclusive;

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

/// What tests run on, by name: the processor, and where graphics are built in a software adapter of WebGPU's floor, as `KILN_TEST_DEVICES` says.
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

#[cfg(not(all(feature = "gpu", not(target_vendor = "apple"))))]
fn software() -> Option<Device> {
    None
}

#[cfg(all(feature = "gpu", not(target_vendor = "apple")))]
#[expect(clippy::print_stderr, reason = "a skipped test has to be seen")]
fn software() -> Option<Device> {
    let device = crate::floor::device();
    if device.is_none() {
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

/// What a random case is made of, told by its seed.
pub(crate) struct Random(u64);

impl Random {
    /// So many, each of another seed.
    pub(crate) fn cases(count: u64) -> impl Iterator<Item = Self> {
        (0..count).map(Self)
    }

    /// SplitMix64 (Steele et al. 2014, <https://doi.org/10.1145/2714064.2660195>, Figure 17).
    fn word(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub(crate) fn within(&mut self, range: RangeInclusive<usize>) -> usize {
        range.start() + (self.word() % (range.end() - range.start() + 1) as u64) as usize
    }

    pub(crate) fn among<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.within(0..=choices.len() - 1)]
    }
}

/// How far the gradients of `Σ f(x) t`, for a fixed `t`, are from what small steps of each input find, in double precision: along two
/// directions each, beside what they find or 1. Inputs are of the given sizes, and `f` gives them their shapes.
pub(crate) fn off_small_steps<const D: usize>(sizes: &[usize], f: impl Fn(&[Tensor<1>]) -> Tensor<D>) -> f64 {
    const STEP: f64 = 1e-5;
    let (device, dtype) = (Device::flex(), DType::F64);
    let inputs = |on: &Device| -> Vec<_> {
        (1..).zip(sizes).map(|(seed, size)| values([*size], (on, dtype, seed))).collect()
    };
    let loss = |inputs: &[Tensor<1>]| {
        let y = f(inputs);
        (y.clone() * values(y.dims(), (&y.device(), dtype, 50))).sum()
    };
    let number = |x: Tensor<1>| x.into_data().iter::<f64>().sum::<f64>();
    let leaves: Vec<_> = inputs(&device.clone().autodiff()).into_iter().map(Tensor::require_grad).collect();
    let gradients = loss(&leaves).backward();
    let mut worst = 0.0_f64;
    for (i, leaf) in leaves.iter().enumerate() {
        let slopes = leaf.grad(&gradients).expect("a gradient");
        for seed in [60, 61] {
            let along = values([sizes[i]], (&device, dtype, seed));
            let moved = |by: f64| {
                let mut inputs = inputs(&device);
                inputs[i] = inputs[i].clone() + along.clone() * by;
                number(loss(&inputs))
            };
            let wanted = (moved(STEP) - moved(-STEP)) / (2.0 * STEP);
            let found = number((slopes.clone() * along.clone()).sum());
            worst = worst.max((found - wanted).abs() / wanted.abs().max(1.0));
        }
    }
    worst
}
