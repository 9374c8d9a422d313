//! Against plain operations in double precision, forward and backward.

use burn::prelude::*;
use burn::tensor::DType;

use super::*;
use crate::testing::{Random, far, kinds, off_small_steps, values};

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

/// Widths of 1 to 3 are tested above: of numbers that happen to be nearly equal rounding is magnified.
fn random(mut random: Random) -> ([usize; 3], usize) {
    let batch = random.within(1..=5);
    ([batch, random.within(1..=20), random.within(4..=300)], random.among(&[1, batch]))
}

#[test]
fn gradients_are_what_small_steps_find() {
    for rows in [1, 3] {
        let off = off_small_steps(&[3 * 2 * 7, rows * 7, rows * 7], |given| {
            let [gamma, beta] = [1, 2].map(|i| given[i].clone().reshape([rows, 7]));
            layer_norm(given[0].clone().reshape([3, 2, 7]), gamma, beta)
        });
        assert!(off < 1e-8, "{rows}: {off}");
    }
}

#[test]
fn output_and_gradients_are_those_of_plain_operations() {
    for case in SHAPES.into_iter().chain(Random::cases(30).map(random)) {
        let wanted = computed(case, (&Device::flex(), DType::F64), plain);
        for (name, device, dtype, limit) in kinds(2e-6, 1e-13) {
            let found = computed(case, (&device, dtype), layer_norm);
            let worst = found.iter().zip(&wanted).map(|(a, b)| far(a, b)).fold(0.0, f64::max);
            println!("{case:?} {name} {dtype:?}: {worst:.1e}");
            assert!(worst < limit, "{case:?} {name} {dtype:?}: {worst}");
        }
    }
}
