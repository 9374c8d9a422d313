//! A canary: does a device compute what another is known to compute?
//!
//! A shader that fails to validate in a browser only logs; its buffer keeps what was there before. Whoever wants to trust
//! a GPU there asks here first.

use burn::prelude::*;
use burn::tensor::activation::{silu, softmax};
use burn::tensor::module::conv2d;
use burn::tensor::ops::ConvOptions;
use kiln::model::{Classes, Request};
use kiln::random::{Key, Purpose};
use kiln::weights::read;
use kiln::{Error, Result};

use crate::Player;

/// Mean absolute difference that is let pass in values of the order of 1: far above what rounding and a GPU's sine and
/// exponential do, far below what can be seen.
const TOLERANCE: f32 = 4e-3;

/// A small computation whose results are of the order of 1.
type Probe = fn(&Device) -> Tensor<1>;

const PROBES: [(&str, Probe); 5] = [
    ("product of matrices", |device| matmul(600, device)),
    ("product of a row and a matrix", |device| matmul(1, device)),
    ("convolution", convolution),
    ("normalisation", normalisation),
    ("softmax", attention),
];

/// Compares the operations that networks are made of.
pub async fn operations(device: &Device, reference: &Device) -> Result<()> {
    for (name, probe) in PROBES {
        compare(name, &read(probe(device)).await?, &read(probe(reference)).await?)?;
    }
    Ok(())
}

/// Compares what two copies of one model draw, one on each device.
pub async fn model(player: &mut Player, reference: &mut Player) -> Result<()> {
    let classes = if player.card().classes.is_empty() { Classes::Any } else { Classes::Each };
    let request = Request { count: 4, steps: Some(2), classes, ..Request::default() };
    compare("the model", &last(player, &request).await?, &last(reference, &request).await?)
}

/// The samples of a request.
async fn last(player: &mut Player, request: &Request) -> Result<Vec<f32>> {
    player.begin(request)?;
    match std::iter::from_fn(|| player.step()).last() {
        Some(frame) => read(frame?.x).await,
        None => Ok(Vec::new()),
    }
}

fn compare(name: &str, found: &[f32], wanted: &[f32]) -> Result<()> {
    let sum: f32 = found.iter().zip(wanted).map(|(a, b)| (a - b).abs()).sum();
    let mean = sum / wanted.len().max(1) as f32;
    // Not `mean > TOLERANCE`: what is no number is no match.
    if found.len() == wanted.len() && mean <= TOLERANCE {
        return Ok(());
    }
    Err(Error::Device(format!(
        "this device computes wrong numbers ({name}: off by {mean} in the mean, where {TOLERANCE} is let pass); \
         use the CPU"
    )))
}

/// Standard normals, other ones for each `index`.
fn normal<const D: usize>(shape: [usize; D], index: u64, device: &Device) -> Tensor<D> {
    let mut values = vec![0.0; shape.iter().product()];
    Key::new(0, Purpose::Metric, index).fill_normal(&mut values);
    Tensor::from_data(TensorData::new(values, shape), device)
}

fn matmul(rows: usize, device: &Device) -> Tensor<1> {
    normal([rows, 64], 0, device).matmul(normal([64, 64], 1, device)).div_scalar(8.0).flatten(0, 1)
}

/// 3 × 3 over 8 channels, and what usually follows.
fn convolution(device: &Device) -> Tensor<1> {
    let options = ConvOptions::new([1, 1], [1, 1], [1, 1], 1);
    let weight = normal::<4>([8, 8, 3, 3], 3, device) / 72_f64.sqrt();
    silu(conv2d(normal([2, 8, 14, 14], 2, device), weight, None, options)).flatten(0, 3)
}

fn normalisation(device: &Device) -> Tensor<1> {
    let x = normal::<2>([33, 97], 4, device) * 3.0 + 1.0;
    let centred = x.clone() - x.mean_dim(1);
    let variance = centred.clone().square().mean_dim(1);
    (centred / (variance + 1e-5).sqrt()).flatten(0, 1)
}

/// Rows of 33 weights that sum to 1, times 33.
fn attention(device: &Device) -> Tensor<1> {
    (softmax(normal::<2>([32, 33], 5, device), 1) * 33.0).flatten(0, 1)
}

#[cfg(test)]
mod tests {
    use kiln::device::cpu;
    use pollster::block_on;

    use super::*;
    use crate::player::tests::player;

    #[test]
    fn a_device_agrees_with_itself() {
        let device = cpu().expect("a device");
        block_on(operations(&device, &device)).expect("operations agree");
        block_on(model(&mut player(), &mut player())).expect("models agree");
    }

    #[test]
    fn every_probe_has_values_of_the_order_of_one() {
        let device = cpu().expect("a device");
        for (name, probe) in PROBES {
            let values = block_on(read(probe(&device))).expect("numbers");
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
