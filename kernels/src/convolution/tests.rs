//! Against Burn's own convolution in double precision, forward and backward.

use burn::prelude::*;
use burn::tensor::DType;
use burn::tensor::module::conv2d;

use super::*;
use crate::testing::{devices, far, values};

/// `[batch, in, out, height, width]`, kernel and stride.
type Case = ([usize; 5], [usize; 2], [usize; 2]);

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for kernel in [[1, 1], [3, 3], [5, 3], [1, 7]] {
        for stride in [[1, 1], [2, 2], [1, 2], [3, 1], [3, 3]] {
            for sizes in
                [[1, 1, 1, 1, 1], [2, 3, 5, 7, 7], [3, 4, 4, 8, 6], [1, 2, 3, 1, 33], [2, 5, 9, 14, 14]]
            {
                cases.push((sizes, kernel, stride));
            }
        }
    }
    cases.push(([9, 32, 32, 14, 14], [3, 3], [1, 1]));
    cases.push(([2, 1, 7, 31, 32], [3, 3], [1, 1]));
    // More channels than lie in the nearest cache.
    for (kernel, stride) in [([3, 3], [1, 1]), ([3, 3], [2, 2]), ([1, 1], [1, 1])] {
        cases.push(([2, 71, 39, 14, 14], kernel, stride));
    }
    cases
}

/// The output and the gradients of `Σ y t`, for a fixed `t`.
fn computed(
    ([batch, inputs, outputs, height, width], kernel, stride): Case,
    (device, dtype): (&Device, DType),
    f: impl Fn(Tensor<4>, Tensor<4>, Tensor<1>, [usize; 2]) -> Tensor<4>,
) -> [Vec<f64>; 4] {
    let device = device.clone().autodiff();
    let of = |seed| (&device, dtype, seed);
    let x = values([batch, inputs, height, width], of(1)).require_grad();
    let weight = values([outputs, inputs, kernel[0], kernel[1]], of(2)).require_grad();
    let bias = values([outputs], of(3)).require_grad();
    let y = f(x.clone(), weight.clone(), bias.clone(), stride);
    let gradients = (y.clone() * values(y.dims(), of(4))).sum().backward();
    let numbers = |data: TensorData| data.iter::<f64>().collect();
    let of = |x: Option<Tensor<4>>| numbers(x.expect("a gradient").into_data());
    let db = bias.grad(&gradients).expect("a gradient").into_data();
    [numbers(y.into_data()), of(x.grad(&gradients)), of(weight.grad(&gradients)), numbers(db)]
}

fn plain(x: Tensor<4>, weight: Tensor<4>, bias: Tensor<1>, stride: [usize; 2]) -> Tensor<4> {
    let [_, _, height, width] = weight.dims();
    let options = ConvOptions::new(stride, [height / 2, width / 2], [1, 1], 1);
    conv2d(x, weight, Some(bias), options)
}

#[test]
fn output_and_gradients_are_those_of_burn() {
    let mut worst = 0.0_f64;
    for case in cases() {
        let wanted = computed(case, (&Device::flex(), DType::F64), plain);
        for (name, device) in devices() {
            let found = computed(case, (&device, DType::F32), convolution);
            for (what, (found, wanted)) in ["y", "dx", "dw", "db"].iter().zip(found.iter().zip(&wanted)) {
                let far = far(found, wanted);
                assert!(far < 2e-6, "{what} of {case:?}, {name}: {far}");
                worst = worst.max(far);
            }
        }
    }
    println!("worst: {worst:.1e}");
}

/// Views that are not as they lie in memory.
#[test]
fn a_view_is_convolved_as_what_it_shows() {
    let device = Device::flex();
    let of = |seed| (&device, DType::F32, seed);
    let view = values([2, 8, 7, 5], of(1)).swap_dims(2, 3).narrow(1, 2, 3);
    let weight = values([3, 4, 3, 3], of(2)).swap_dims(0, 1);
    let bias = values([4], of(3));
    let found = convolution(view.clone(), weight.clone(), bias.clone(), [1, 1]).into_data();
    let wanted = plain(view, weight, bias, [1, 1]).into_data();
    let numbers = |data: TensorData| data.iter::<f64>().collect::<Vec<_>>();
    assert!(far(&numbers(found), &numbers(wanted)) < 2e-6);
}

/// A sample's numbers do not depend on which others it is computed with.
#[test]
fn a_sample_is_the_same_alone_and_in_a_batch() {
    let device = Device::flex();
    let of = |seed| (&device, DType::F32, seed);
    let x = values([70, 3, 14, 14], of(1));
    let (weight, bias) = (values([5, 3, 3, 3], of(2)), values([5], of(3)));
    let all = convolution(x.clone(), weight.clone(), bias.clone(), [1, 1]);
    for i in [0, 33, 69] {
        let alone = convolution(x.clone().narrow(0, i, 1), weight.clone(), bias.clone(), [1, 1]);
        assert_eq!(alone.into_data(), all.clone().narrow(0, i, 1).into_data());
    }
}

/// Its sums are added in parts, as an invocation may not go on for so long.
#[test]
fn no_sum_has_too_many_terms() {
    for case in [([1, 8000, 1, 3, 3], [3, 3], [1, 1]), ([1, 1, 8000, 3, 3], [3, 3], [1, 1])] {
        let wanted = computed(case, (&Device::flex(), DType::F64), plain);
        for (place, device) in devices() {
            for (found, wanted) in computed(case, (&device, DType::F32), convolution).iter().zip(&wanted) {
                let far = far(found, wanted);
                assert!(far < 1e-4, "{far} of {case:?}, {place}");
            }
        }
    }
}
