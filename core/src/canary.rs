//! A canary: does a device compute what another is known to compute?
//!
//! A shader that fails to validate in a browser only logs; its buffer keeps what was there before. Whoever wants to trust
//! a GPU there asks here first.

use std::cell::RefCell;

use burn::prelude::*;
use burn::tensor::activation::softmax;
use kiln_kernels::activation::{gelu, silu};
use kiln_kernels::attention::{self, attention};
use kiln_kernels::convolution::convolution;
use kiln_kernels::group_norm::{After, group_norm};
use kiln_kernels::layer_norm::layer_norm;
use kiln_kernels::pairs::quantise;
use kiln_kernels::spline::{self, Spline};

use crate::random::{Key, Purpose};
use crate::weights::read;
use crate::{Error, Result};

/// Mean absolute difference that is let pass, beside the values' own mean where that is more than 1: far above what rounding and a GPU's sine and
/// exponential do, far below what can be seen.
const TOLERANCE: f32 = 4e-3;

/// A small computation whose results are of the order of 1.
type Probe = fn(&Given) -> Tensor<1>;

const PROBES: [(&str, Probe); 12] = [
    ("product of matrices", |given| matmul(600, given)),
    ("product of a row and a matrix", |given| matmul(1, given)),
    ("noise", |given| Key::new(0, Purpose::Metric, 9).normal_rows(7, 33, given.device).flatten(0, 1)),
    ("convolution", |given| convolved([1, 1], given)),
    ("convolution with a stride", |given| convolved([2, 2], given)),
    ("group normalisation", group_normalised),
    ("layer normalisation", layer_normalised),
    ("softmax", |given| (softmax(given.normal::<2>([32, 33], 5), 1) * 33.0).flatten(0, 1)),
    ("attention", attended),
    ("activation", |given| gelu(given.normal::<1>([257], 8) * 2.0)),
    ("spline", splined),
    ("nearest code", quantised),
];

/// What a probe begins with.
struct Given<'a> {
    device: &'a Device,
    /// Numbers whose gradients can be asked for.
    leaves: RefCell<Vec<Tensor<1>>>,
}

impl<'a> Given<'a> {
    fn new(device: &'a Device) -> Self {
        Self { device, leaves: RefCell::default() }
    }

    /// Standard normals, other ones for each `index`.
    fn normal<const D: usize>(&self, shape: [usize; D], index: u64) -> Tensor<D> {
        let mut values = vec![0.0; shape.iter().product()];
        Key::new(0, Purpose::Metric, index).fill_normal(&mut values);
        let leaf = Tensor::<1>::from_data(values.as_slice(), self.device);
        let leaf = if leaf.is_autodiff() { leaf.require_grad() } else { leaf };
        self.leaves.borrow_mut().push(leaf.clone());
        leaf.reshape(shape)
    }
}

fn matmul(rows: usize, given: &Given) -> Tensor<1> {
    given.normal([rows, 64], 0).matmul(given.normal([64, 64], 1)).div_scalar(8.0).flatten(0, 1)
}

/// 3 × 3 over 8 channels, and what usually follows.
fn convolved(stride: [usize; 2], given: &Given) -> Tensor<1> {
    let weight = given.normal([8, 8, 3, 3], 3) / 72_f64.sqrt();
    silu(convolution(given.normal([2, 8, 14, 14], 2), weight, given.normal([8], 4), stride)).flatten(0, 3)
}

fn group_normalised(given: &Given) -> Tensor<1> {
    let x = given.normal([2, 8, 7, 5], 4) * 3.0 + 1.0;
    let [gamma, beta] = [6, 7].map(|index| given.normal([2, 8], index));
    group_norm(x, gamma, beta, 4, After::Silu).flatten(0, 3)
}

fn layer_normalised(given: &Given) -> Tensor<1> {
    let x = given.normal([2, 3, 33], 4) * 3.0 + 1.0;
    let [gamma, beta] = [6, 7].map(|index| given.normal([1, 33], index));
    layer_norm(x, gamma, beta).flatten(0, 2)
}

fn attended(given: &Given) -> Tensor<1> {
    let q = given.normal([2, 2, 9, 16], 5);
    let [k, v] = [6, 7].map(|index| given.normal([2, 2, 11, 16], index));
    let options = attention::Options { causal: true, ..attention::Options::default() };
    attention(q, k, v, &options).flatten(0, 3)
}

/// Through one and back through another, and the logarithms of their slopes.
fn splined(given: &Given) -> Tensor<1> {
    let spline = Spline { bins: 8, bound: 3.0, circular: false };
    let parameters = |index| given.normal([33, 2 * spline.parameters()], index);
    let [y, slope] = spline::forward(given.normal([33, 2], 4) * 1.5, parameters(6), &spline);
    let [x, back] = spline::inverse(y, parameters(7), &spline);
    ((x + slope + back) / 3.0).flatten(0, 1)
}

/// The codes stand beside what is quantised: to that they owe no gradient.
fn quantised(given: &Given) -> Tensor<1> {
    let (x, codes) = (given.normal([65, 9], 4), given.normal([33, 9], 5));
    let (nearest, _) = quantise(x, codes.clone());
    Tensor::cat(vec![nearest, codes], 0).flatten(0, 1)
}

/// Compares the operations that networks are made of.
pub async fn operations(device: &Device, reference: &Device) -> Result<()> {
    for (name, probe) in PROBES {
        compare(name, &read(probe(&Given::new(device))).await?, &read(probe(&Given::new(reference))).await?)?;
    }
    Ok(())
}

/// Compares the gradients that training follows.
pub async fn gradients(device: &Device, reference: &Device) -> Result<()> {
    let devices = [device, reference].map(|device| device.clone().autodiff());
    for (name, probe) in PROBES.into_iter().filter(|(name, _)| *name != "noise") {
        let name = format!("gradient of a {name}");
        let [found, wanted] = [slopes(probe, &devices[0]).await?, slopes(probe, &devices[1]).await?];
        compare(&name, &found, &wanted)?;
    }
    Ok(())
}

/// The gradients of `Σ y²/2`.
async fn slopes(probe: Probe, device: &Device) -> Result<Vec<f32>> {
    let given = Given::new(device);
    let mut gradients = (probe(&given).square() / 2.0).sum().backward();
    let mut all = Vec::new();
    for leaf in given.leaves.into_inner() {
        let slope = leaf.grad_remove(&mut gradients);
        all.extend(read(slope.expect("what a probe begins with should have a gradient")).await?);
    }
    Ok(all)
}

/// Numbers that should be the same; `name` says of what.
pub fn compare(name: &str, found: &[f32], wanted: &[f32]) -> Result<()> {
    let sum: f32 = found.iter().zip(wanted).map(|(a, b)| (a - b).abs()).sum();
    let size: f32 = wanted.iter().map(|a| a.abs()).sum();
    let mean = sum / size.max(wanted.len().max(1) as f32);
    // Not `mean > TOLERANCE`: what is no number is no match.
    if found.len() == wanted.len() && mean <= TOLERANCE {
        return Ok(());
    }
    Err(Error::Device(format!(
        "this device computes wrong numbers ({name}: off by {mean} in the mean, where {TOLERANCE} is let pass); \
         use the CPU"
    )))
}

#[cfg(test)]
mod tests {
    use pollster::block_on;

    use super::*;
    use crate::device::cpu;

    #[test]
    fn a_device_agrees_with_itself() {
        let device = cpu().expect("a device");
        block_on(operations(&device, &device)).expect("operations agree");
        block_on(gradients(&device, &device)).expect("gradients agree");
    }

    #[test]
    fn every_probe_has_values_of_the_order_of_one() {
        let device = cpu().expect("a device");
        for (name, probe) in PROBES {
            let values = block_on(read(probe(&Given::new(&device)))).expect("numbers");
            let mean = values.iter().map(|value| value.abs()).sum::<f32>() / values.len() as f32;
            assert!((0.2..2.0).contains(&mean), "{name}: {mean}");
        }
    }

    #[test]
    fn zeros_in_the_place_of_numbers_and_missing_numbers_are_noticed() {
        compare("x", &[1.0, -1.0], &[1.001, -1.001]).expect("rounding passes");
        for found in [&[0.0, 0.0][..], &[f32::NAN, -1.0], &[1.0], &[]] {
            let error = compare("x", found, &[1.0, -1.0]).expect_err("wrong").to_string();
            assert!(error.contains("wrong numbers (x:") && error.contains("use the CPU"), "{error}");
        }
    }
}
