use super::*;
use crate::testing::{devices, far, kinds, values};
use burn::tensor::DType;

const SHAPE: [usize; 2] = [3, 11];

fn draws([rows, features]: [usize; 2]) -> Draws {
    Draws { seed: [3, 4], first: [7, 5, 0], rows, features }
}

/// As it is written, in plain operations.
fn plain(step: Step) -> [Tensor<2>; 2] {
    let x = &step.parts[0].x;
    let zero = Tensor::zeros(x.dims(), (&x.device(), x.dtype()));
    let sum = |weight: fn(&Part) -> f64| {
        step.parts.iter().fold(zero.clone(), |sum, part| sum + part.x.clone() * weight(part))
    };
    let y = sum(|part| part.estimate);
    let y = step.bounds.map_or(y.clone(), |[low, high]| y.clamp(low, high));
    let z = y.clone() * step.share + sum(|part| part.beside);
    let noise = step.noise.map(|(weight, draws)| {
        let noise = draws.tensor(&Device::flex()).into_data().convert_dtype(x.dtype());
        Tensor::from_data(noise, (&x.device(), x.dtype())) * weight
    });
    [y, noise.map_or(z.clone(), |noise| z + noise)]
}

/// Parts in the estimate, beside it, in both and in neither; with bounds and without, with noise and without.
fn steps(count: usize, shape: [usize; 2], (device, dtype): (&Device, DType)) -> Vec<Step> {
    let part = |i: usize| Part {
        x: values(shape, (device, dtype, i)),
        estimate: [0.7, -1.3, 0.0, 0.25, 0.0, 1.1][i % 6],
        beside: [1.2, 0.0, -0.6, 0.3, 0.0, 0.0][i % 6],
    };
    let parts: Vec<Part> = (0..count).map(part).collect();
    let mut steps = Vec::new();
    for bounds in [None, Some([-0.5, 0.75])] {
        for noise in [None, Some((0.3, draws(shape)))] {
            steps.push(Step { parts: parts.clone(), bounds, share: -0.4, noise });
        }
    }
    steps
}

fn numbers(x: Tensor<2>) -> Vec<f64> {
    x.into_data().iter::<f64>().collect()
}

/// Fewer parts than a kernel takes, as many, and more.
#[test]
fn a_step_is_what_it_says_on_every_device() {
    for (name, device, dtype, bound) in kinds(1e-6, 1e-13) {
        for shape in [[1, 1], SHAPE, [32, 33], [257, 2], [1, 1500]] {
            for count in [1, 2, 3, 4, 5, 6] {
                let wanted = steps(count, shape, (&Device::flex(), DType::F64));
                for (step, wanted) in steps(count, shape, (&device, dtype)).into_iter().zip(wanted) {
                    if dtype == DType::F64 && step.noise.is_some() {
                        continue;
                    }
                    let told = format!("{name}, {shape:?}, {count}, {:?}, {:?}", step.bounds, step.noise);
                    let [y, z] = plain(wanted).map(numbers);
                    let last = far(&numbers(step.clone().last()), &z);
                    let [found_y, found_z] = step.both().map(numbers);
                    let (first, second) = (far(&found_y, &y), far(&found_z, &z));
                    assert!(first.max(second).max(last) < bound, "{told}: {first} {second} {last}");
                }
            }
        }
    }
}

/// Where memory is nobody else's it is written over, and then only.
#[test]
fn what_is_held_elsewhere_is_left_as_it_was() {
    for (_, device) in devices() {
        let held = steps(4, SHAPE, (&device, DType::F32));
        let numbers_of = || held[0].parts.iter().map(|part| numbers(part.x.clone())).collect::<Vec<_>>();
        let before = numbers_of();
        for step in &held {
            drop(step.clone().both());
            drop(step.clone().last());
        }
        assert_eq!(numbers_of(), before);
    }
}

/// However many threads share the work, and whoever else holds a part.
#[test]
fn large_steps_are_small_ones_side_by_side() {
    for size in [1500, 600_001] {
        for alone in 0..5 {
            let device = Device::flex();
            let mut all = steps(4, [1, size], (&device, DType::F32));
            let (step, wanted) = (all.remove(2), plain(all.remove(0).clone()));
            drop(all);
            let held = step.parts.clone();
            let parts = held.iter().enumerate();
            let parts = parts.map(|(i, part)| {
                let x = if i == alone { values([1, size], (&device, DType::F32, i)) } else { part.x.clone() };
                Part { x, ..part.clone() }
            });
            let step = Step { parts: parts.collect(), bounds: None, ..step };
            let [y, z] = step.clone().both().map(numbers);
            assert!(far(&y, &numbers(wanted[0].clone())) < 1e-6, "{size}, {alone}");
            assert!(far(&z, &numbers(wanted[1].clone())) < 1e-6, "{size}, {alone}");
        }
    }
}

/// Gradients go the way of plain operations.
#[test]
fn a_step_of_what_records_gradients_has_some() {
    let device = Device::flex().autodiff();
    let x = Tensor::<2>::ones([2, 3], &device).require_grad();
    let parts = vec![Part { x: x.clone(), estimate: 2.0, beside: 0.5 }];
    let [_, z] = Step { parts, bounds: Some([-9.0, 9.0]), share: 3.0, noise: None }.both();
    let gradients = z.sum().backward();
    let gradient = x.grad(&gradients).expect("a gradient").into_data().try_to_vec::<f32>();
    assert_eq!(gradient.expect("floats"), [6.5; 6]);
}
