//! Against Burn's own layer in double precision, forward and backward.

use burn::prelude::*;
use burn::tensor::{DType, activation, module};

use super::*;
use crate::testing::{Random, far, kinds, off_small_steps, values};

/// Rows, inputs and outputs.
type Sizes = [usize; 3];

type Layer = fn(Tensor<2>, Tensor<2>, Tensor<1>) -> Tensor<2>;

fn plain(x: Tensor<2>, weight: Tensor<2>, bias: Tensor<1>) -> Tensor<2> {
    module::linear(x, weight, Some(bias))
}

fn plain_rectified(x: Tensor<2>, weight: Tensor<2>, bias: Tensor<1>) -> Tensor<2> {
    activation::relu(plain(x, weight, bias))
}

const PAIRS: [(Layer, Layer); 2] = [(linear, plain), (rectified, plain_rectified)];

fn numbers<const D: usize>(x: Tensor<D>) -> Vec<f64> {
    x.into_data().iter::<f64>().collect()
}

/// The output and the gradients of `Σ y t`, for a fixed `t`.
fn computed([rows, inputs, outputs]: Sizes, (device, dtype): (&Device, DType), f: Layer) -> [Vec<f64>; 4] {
    let device = device.clone().autodiff();
    let of = |seed| (&device, dtype, seed);
    let x = values([rows, inputs], of(1)).require_grad();
    let weight = values([inputs, outputs], of(2)).require_grad();
    let bias = values([outputs], of(3)).require_grad();
    let y = f(x.clone(), weight.clone(), bias.clone());
    let gradients = (y.clone() * values([rows, outputs], of(4))).sum().backward();
    let [dx, dw] = [x, weight].map(|x| numbers(x.grad(&gradients).expect("a gradient")));
    [numbers(y), dx, dw, numbers(bias.grad(&gradients).expect("a gradient"))]
}

#[test]
fn outputs_and_gradients_are_those_of_burn() {
    let sizes = [1, 3, 31, 32, 33, 257];
    let of = |i: usize| [sizes[i % 6], sizes[(i / 2 + 1) % 6], sizes[(i / 3 + i) % 6]];
    // Of few inputs and of many, beside products that are worth several threads.
    let more = [[512, 1, 64], [20_000, 2, 3], [5, 4, 300], [300, 200, 190], [1, 784, 400]];
    let random = Random::cases(30).map(|mut random| [(); 3].map(|()| random.within(1..=90)));
    for case in (0..12).map(of).chain(more).chain(random) {
        for (ours, plain) in PAIRS {
            let wanted = computed(case, (&Device::flex(), DType::F64), plain);
            for (name, device, dtype, limit) in kinds(2e-5, 1e-12) {
                let found = computed(case, (&device, dtype), ours);
                for (what, (found, wanted)) in ["y", "dx", "dw", "db"].iter().zip(found.iter().zip(&wanted)) {
                    let far = far(found, wanted);
                    assert!(far < limit, "{what} of {case:?}, {name} {dtype:?}: {far}");
                }
            }
        }
    }
}

#[test]
fn gradients_are_what_small_steps_find() {
    for (f, _) in PAIRS {
        let off = off_small_steps(&[35, 21, 3], |given| {
            f(given[0].clone().reshape([5, 7]), given[1].clone().reshape([7, 3]), given[2].clone())
        });
        assert!(off < 1e-8, "{off}");
    }
}

/// Views that are not as they lie in memory.
#[test]
fn a_view_is_multiplied_as_what_it_shows() {
    let device = Device::flex();
    let x = values([9, 40], (&device, DType::F32, 1)).swap_dims(0, 1).narrow(0, 3, 30);
    let weight = values([5, 9], (&device, DType::F32, 2)).swap_dims(0, 1);
    let bias = values([5], (&device, DType::F32, 3));
    for (ours, plain) in PAIRS {
        let found = numbers(ours(x.clone(), weight.clone(), bias.clone()));
        assert!(far(&found, &numbers(plain(x.clone(), weight.clone(), bias.clone()))) < 2e-6);
    }
}

#[test]
fn no_rows_are_no_trouble() {
    for (_, device, dtype, _) in kinds(0.0, 0.0) {
        let x = Tensor::<2>::zeros([0, 3], (&device, dtype));
        let y = rectified(x, values([3, 4], (&device, dtype, 1)), values([4], (&device, dtype, 2)));
        assert_eq!(y.dims(), [0, 4]);
    }
}

/// What is not a number does not become one, and what is large stays.
#[test]
fn what_is_out_of_range_stays_so() {
    let device = Device::flex();
    for inputs in [1, 6] {
        let x = Tensor::<2>::from_data([[f32::NAN], [1e30], [-1e30]], &device).repeat_dim(1, inputs);
        let weight = Tensor::<2>::ones([inputs, 2], &device);
        let y = numbers(rectified(x, weight, Tensor::zeros([2], &device)));
        assert!(y[0].is_nan() && y[2] > 9e29 && y[4..] == [0.0, 0.0], "{y:?}");
    }
}
