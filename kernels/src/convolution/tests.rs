//! Against Burn's own convolution in double precision, forward and backward.

use burn::prelude::*;
use burn::tensor::DType;
use burn::tensor::module::conv2d;

use super::*;
use crate::testing::{Random, devices, far, kinds, off_small_steps, values};

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
    cases.extend(Random::cases(30).map(random));
    cases
}

fn random(mut random: Random) -> Case {
    let sizes = [4, 12, 12, 20, 20].map(|most| random.within(1..=most));
    let kernel = [(); 2].map(|()| random.among(&[1, 3, 5, 7]));
    (sizes, kernel, [(); 2].map(|()| random.within(1..=3)))
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

/// In double precision the adjoint calls Burn's convolutions.
#[test]
fn gradients_are_what_small_steps_find() {
    for stride in [[1, 1], [2, 1]] {
        let off = off_small_steps(&[2 * 3 * 20, 4 * 3 * 9, 4], |given| {
            let (x, weight) =
                (given[0].clone().reshape([2, 3, 5, 4]), given[1].clone().reshape([4, 3, 3, 3]));
            convolution(x, weight, given[2].clone(), stride)
        });
        assert!(off < 1e-8, "{stride:?}: {off}");
    }
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

/// What follows the convolution, in plain operations.
fn plain_then(
    [x, weight, residual]: [Tensor<4>; 3],
    bias: Tensor<1>,
    stride: [usize; 2],
    (after, beside): (After, bool),
) -> Tensor<4> {
    let y = plain(x, weight, bias, stride);
    let y = match after {
        After::Nothing => y,
        After::Silu => y.clone() * burn::tensor::activation::sigmoid(y),
    };
    if beside { y + residual } else { y }
}

fn fused_then(
    [x, weight, residual]: [Tensor<4>; 3],
    bias: Tensor<1>,
    stride: [usize; 2],
    (after, beside): (After, bool),
) -> Tensor<4> {
    convolution_then(x, weight, bias, stride, after, beside.then_some(residual))
}

type Then = fn([Tensor<4>; 3], Tensor<1>, [usize; 2], (After, bool)) -> Tensor<4>;

/// Input, weight and residual, of which the last lies otherwise than it is numbered, and the bias.
fn given(
    ([batch, inputs, outputs, height, width], kernel, stride): Case,
    (device, dtype): (&Device, DType),
) -> ([Tensor<4>; 3], Tensor<1>) {
    let of = |seed| (device, dtype, seed);
    let x = values([batch, inputs, height, width], of(1));
    let weight = values([outputs, inputs, kernel[0], kernel[1]], of(2));
    let [height, width] = [height.div_ceil(stride[0]), width.div_ceil(stride[1])];
    let residual = values([batch, outputs + 2, width, height], of(5)).swap_dims(2, 3).narrow(1, 1, outputs);
    ([x, weight, residual], values([outputs], of(3)))
}

/// The output without autodiff and with it, and the gradients of `Σ y t` for a fixed `t`.
fn computed_then(case: Case, then: (After, bool), on: (&Device, DType), f: Then) -> [Vec<f64>; 6] {
    let numbers = |data: TensorData| data.iter::<f64>().collect::<Vec<_>>();
    let (tensors, bias) = given(case, on);
    let y = f(tensors, bias, case.2, then);
    let device = on.0.clone().autodiff();
    let (tensors, bias) = given(case, (&device, on.1));
    let (tensors, bias) = (tensors.map(Tensor::require_grad), bias.require_grad());
    let tracked = f(tensors.clone(), bias.clone(), case.2, then);
    let gradients = (tracked.clone() * values(tracked.dims(), (&device, on.1, 4))).sum().backward();
    let of = |x: Tensor<4>| x.grad(&gradients).map_or_else(Vec::new, |x| numbers(x.into_data()));
    let [dx, dw, dr] = tensors.map(of);
    let db = numbers(bias.grad(&gradients).expect("a gradient").into_data());
    [numbers(y.into_data()), numbers(tracked.into_data()), dx, dw, dr, db]
}

#[test]
fn what_follows_is_that_of_plain_operations() {
    let mut worst = 0.0_f64;
    let thens = [After::Nothing, After::Silu].into_iter().flat_map(|after| [(after, false), (after, true)]);
    for then in thens {
        for (kernel, stride) in [1, 3].into_iter().flat_map(|kernel| [(kernel, 1), (kernel, 2)]) {
            for sizes in
                [[1, 1, 1, 1, 1], [2, 3, 5, 7, 7], [3, 4, 4, 8, 6], [1, 2, 3, 1, 33], [2, 71, 39, 14, 14]]
            {
                let case = (sizes, [kernel; 2], [stride; 2]);
                let wanted = computed_then(case, then, (&Device::flex(), DType::F64), plain_then);
                for (name, device, dtype, limit) in kinds(2e-6, 1e-14) {
                    let found = computed_then(case, then, (&device, dtype), fused_then);
                    let names = ["y", "tracked y", "dx", "dw", "dr", "db"];
                    for (what, (found, wanted)) in names.iter().zip(found.iter().zip(&wanted)) {
                        let far = far(found, wanted);
                        assert!(far < limit, "{what} of {case:?} {then:?}, {name} {dtype:?}: {far}");
                        worst = worst.max(far / limit);
                    }
                }
            }
        }
    }
    println!("worst: {worst:.2} of what is allowed");
}

#[test]
fn no_samples_are_no_trouble() {
    for (_, device, dtype, _) in kinds(0.0, 0.0) {
        for then in [(After::Nothing, false), (After::Silu, false), (After::Silu, true)] {
            let case = ([0, 2, 3, 5, 4], [3, 3], [2, 1]);
            let found = computed_then(case, then, (&device, dtype), fused_then);
            let [y, tracked, dx, dw, _, db] = found;
            assert!(y.is_empty() && tracked.is_empty() && dx.is_empty(), "{then:?}");
            assert_eq!((dw, db), (vec![0.0; 54], vec![0.0; 3]), "{then:?}");
        }
    }
}

#[test]
#[should_panic(expected = "a residual has the shape of the convolution's output")]
fn a_residual_of_another_shape_is_refused() {
    let ([x, weight, residual], bias) =
        given(([2, 3, 4, 6, 6], [3, 3], [2, 2]), (&Device::flex(), DType::F32));
    let wide = residual.narrow(3, 0, 1).expand([2, 4, 3, 5]);
    convolution_then(x, weight, bias, [2, 2], After::Nothing, Some(wide));
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
