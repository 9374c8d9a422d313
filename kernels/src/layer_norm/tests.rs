//! Against plain operations in double precision, forward and backward.

use burn::prelude::*;
use burn::tensor::DType;

use super::*;
use crate::testing::{far, kinds, values};

/// `[batch, rows, width]`, and the rows of scale and shift.
const SHAPES: [([usize; 3], usize); 8] = [
    ([1, 1, 1], 1),
    ([2, 3, 3], 1),
    ([3, 1, 31], 3),
    ([2, 5, 32], 2),
    ([1, 33, 33], 1),
    ([4, 7, 128], 4),
    ([3, 2, 257], 1),
    ([70, 9, 16], 70),
];

/// The output and the gradients of `Σ y t`, for a fixed `t`.
fn computed(
    (shape, rows): ([usize; 3], usize),
    (device, dtype): (&Device, DType),
    f: fn(Tensor<3>, Tensor<2>, Tensor<2>) -> Tensor<3>,
) -> [Vec<f64>; 4] {
    let device = device.clone().autodiff();
    let of = |seed| (&device, dtype, seed);
    let x = values(shape, of(1)).require_grad();
    let [gamma, beta] = [2, 3].map(|seed| values([rows, shape[2]], of(seed)).require_grad());
    let y = f(x.clone(), gamma.clone(), beta.clone());
    let gradients = (y.clone() * values(shape, of(4))).sum().backward();
    let numbers = |data: TensorData| data.iter::<f64>().collect();
    let of = |x: Option<Tensor<2>>| numbers(x.expect("a gradient").into_data());
    let dx = x.grad(&gradients).expect("a gradient").into_data();
    [numbers(y.into_data()), numbers(dx), of(gamma.grad(&gradients)), of(beta.grad(&gradients))]
}

/// In plain operations, differentiated by Burn.
fn plain(x: Tensor<3>, gamma: Tensor<2>, beta: Tensor<2>) -> Tensor<3> {
    let centred = x.clone() - x.mean_dim(2);
    let normal = centred.clone() / (centred.square().mean_dim(2) + EPSILON).sqrt();
    normal * gamma.unsqueeze_dim(1) + beta.unsqueeze_dim(1)
}

#[test]
fn output_and_gradients_are_those_of_plain_operations() {
    for case in SHAPES {
        let wanted = computed(case, (&Device::flex(), DType::F64), plain);
        for (name, device, dtype, limit) in kinds(2e-6, 1e-13) {
            let found = computed(case, (&device, dtype), layer_norm);
            let worst = found.iter().zip(&wanted).map(|(a, b)| far(a, b)).fold(0.0, f64::max);
            println!("{case:?} {name} {dtype:?}: {worst:.1e}");
            assert!(worst < limit, "{case:?} {name} {dtype:?}: {worst}");
        }
    }
}
