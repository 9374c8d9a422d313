//! Single operations at the network's own sizes: where time is won and lost.

use burn::prelude::*;
use kiln::nn::{Conv2d, GroupNorm, Init, Linear};
use kiln_kernels::activation::silu;
use kiln_kernels::attention::{Options, attention};

use crate::clock::Clock;
use crate::subject::BATCH;

/// Seconds of each repetition, by name; the peer's list has the same names and shapes.
pub fn all(clock: Clock, device: &Device) -> Vec<(&'static str, Vec<f64>)> {
    let init = Init::new(0, device);
    let wide = normals([BATCH, 32, 14, 14], device);
    let deep = normals([BATCH, 64, 7, 7], device);
    let both = normals([BATCH, 96, 14, 14], device);
    let tokens = normals([BATCH, 49, 64], device);
    let queries = normals([BATCH, 2, 49, 32], device);
    let conv = |channels, kernel, stride| Conv2d::new(channels, kernel, stride, &init);
    let (same, across, narrow) = (conv([32, 32], 3, 1), conv([64, 64], 3, 1), conv([96, 32], 3, 1));
    let (halve, point) = (conv([32, 32], 3, 2), conv([96, 32], 1, 1));
    let (norm, qkv) = (GroupNorm::new(8, 32, &init), Linear::new(64, 192, &init));
    vec![
        ("conv 3x3, 32 to 32, 14x14", time(clock, || same.forward(wide.clone()))),
        ("conv 3x3, 96 to 32, 14x14", time(clock, || narrow.forward(both.clone()))),
        ("conv 3x3, 64 to 64, 7x7", time(clock, || across.forward(deep.clone()))),
        ("conv 3x3 stride 2, 32 to 32, 14x14", time(clock, || halve.forward(wide.clone()))),
        ("conv 1x1, 96 to 32, 14x14", time(clock, || point.forward(both.clone()))),
        ("conv 3x3, 32 to 32, 14x14, with gradients", backward(clock, device)),
        ("group norm, 32, 14x14", time(clock, || norm.forward(wide.clone()))),
        ("silu, 32, 14x14", time(clock, || silu(wide.clone()))),
        ("add, 32, 14x14", time(clock, || wide.clone() + wide.clone())),
        ("concatenate, 32 and 32, 14x14", time(clock, || Tensor::cat(vec![wide.clone(), wide.clone()], 1))),
        ("linear, 49 x 64 to 192", time(clock, || qkv.forward(tokens.clone()))),
        ("attention, 2 heads of 32, 49 places", time(clock, || attend(queries.clone()))),
    ]
}

/// The processor computes at once, so that a result that is there has been computed; it is dropped unread.
fn time<const D: usize>(clock: Clock, work: impl Fn() -> Tensor<D>) -> Vec<f64> {
    clock.time(|| drop(std::hint::black_box(work())))
}

fn attend(q: Tensor<4>) -> Tensor<4> {
    attention(q.clone(), q.clone(), q, &Options::default())
}

/// A convolution and its gradients by input, weights and bias.
fn backward(clock: Clock, device: &Device) -> Vec<f64> {
    let device = device.clone().autodiff();
    let conv = Conv2d::new([32, 32], 3, 1, &Init::new(0, &device));
    let x = normals([BATCH, 32, 14, 14], &device).require_grad();
    clock.time(|| drop(std::hint::black_box(conv.forward(x.clone()).sum().backward())))
}

fn normals<const D: usize>(shape: [usize; D], device: &Device) -> Tensor<D> {
    use kiln::random::{Key, Purpose};
    let mut values = vec![0.0; shape.iter().product()];
    Key::new(0, Purpose::Noise, 0).fill_normal(&mut values);
    Tensor::from_data(TensorData::new(values, shape), device)
}
