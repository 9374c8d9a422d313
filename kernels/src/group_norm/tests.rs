//! Against the reference in double precision, forward and backward.

use burn::prelude::*;
use burn::tensor::DType;

use super::*;
use crate::testing::{Random, far, kinds, off_small_steps, values};

/// `[batch, channels, height, width]`, groups, and the rows of scale and shift.
const SHAPES: [([usize; 4], usize, usize); 7] = [
    ([1, 1, 1, 1], 1, 1),
    ([2, 4, 3, 5], 2, 1),
    ([3, 4, 1, 31], 4, 3),
    ([2, 6, 4, 8], 3, 2),
    ([1, 3, 3, 11], 1, 1),
    ([5, 32, 14, 14], 8, 5),
    ([2, 2, 1, 257], 1, 1),
];

/// The output and the gradients of `Σ y t`, for a fixed `t`.
fn computed(
    (shape, groups, rows): ([usize; 4], usize, usize),
    after: After,
    (device, dtype): (&Device, DType),
    f: impl Fn(Tensor<4>, Tensor<2>, Tensor<2>, usize, After) -> Tensor<4>,
) -> [Vec<f64>; 4] {
    let device = device.clone().autodiff();
    let of = |seed, dtype| (&device, dtype, seed);
    let x = values(shape, of(1, dtype)).require_grad();
    let [gamma, beta] = [2, 3].map(|seed| values([rows, shape[1]], of(seed, dtype)).require_grad());
    let y = f(x.clone(), gamma.clone(), beta.clone(), groups, after);
    let gradients = (y.clone() * values(shape, of(4, dtype))).sum().backward();
    let numbers = |data: TensorData| data.iter::<f64>().collect();
    let of = |x: Option<Tensor<2>>| numbers(x.expect("a gradient").into_data());
    let dx = x.grad(&gradients).expect("a gradient").into_data();
    [numbers(y.into_data()), numbers(dx), of(gamma.grad(&gradients)), of(beta.grad(&gradients))]
}

/// In plain operations, differentiated by Burn.
fn plain(x: Tensor<4>, gamma: Tensor<2>, beta: Tensor<2>, groups: usize, after: After) -> Tensor<4> {
    let ([b, c, h, w], rows) = (x.dims(), gamma.dims()[0]);
    let x = x.reshape([b, groups, c / groups * h * w]);
    let centred = x.clone() - x.mean_dim(2);
    let deviation = (centred.clone().square().mean_dim(2) + EPSILON).sqrt();
    let normal = (centred / deviation).reshape([b, c, h, w]);
    let y = normal * gamma.reshape([rows, c, 1, 1]) + beta.reshape([rows, c, 1, 1]);
    match after {
        After::Nothing => y,
        After::Silu => y.clone() * burn::tensor::activation::sigmoid(y),
    }
}

/// Groups of fewer numbers are tested above: of numbers that happen to be nearly equal rounding is magnified.
fn random(mut random: Random) -> ([usize; 4], usize, usize) {
    let (batch, groups) = (random.within(1..=4), random.within(1..=4));
    let channels = groups * random.within(1..=5);
    let shape = [batch, channels, random.within(2..=17), random.within(2..=17)];
    (shape, groups, random.among(&[1, batch]))
}

#[test]
fn gradients_are_what_small_steps_find() {
    for (rows, after) in [(1, After::Nothing), (2, After::Silu)] {
        let off = off_small_steps(&[2 * 6 * 4, rows * 6, rows * 6], |given| {
            let [gamma, beta] = [1, 2].map(|i| given[i].clone().reshape([rows, 6]));
            group_norm(given[0].clone().reshape([2, 6, 2, 2]), gamma, beta, 3, after)
        });
        assert!(off < 1e-8, "{after:?}: {off}");
    }
}

#[test]
fn output_and_gradients_are_those_of_plain_operations() {
    for case in SHAPES.into_iter().chain(Random::cases(30).map(random)) {
        for after in [After::Nothing, After::Silu] {
            let wanted = computed(case, after, (&Device::flex(), DType::F64), plain);
            for (name, device, dtype, limit) in kinds(1e-6, 1e-14) {
                let found = computed(case, after, (&device, dtype), group_norm);
                let worst = found.iter().zip(&wanted).map(|(a, b)| far(a, b)).fold(0.0, f64::max);
                println!("{case:?} {after:?} {name} {dtype:?}: {worst:.1e}");
                assert!(worst < limit, "{case:?} {after:?} {name} {dtype:?}: {worst}");
            }
        }
    }
}
