use burn::tensor::DType;

use super::*;
use crate::random::{Key, Purpose};

fn tensor(values: [f64; 3]) -> Tensor<2> {
    Tensor::from_data(TensorData::new(values.to_vec(), [1, 3]), (&Device::flex(), DType::F64))
}

fn vector(values: [f64; 3]) -> Vector {
    tensor(values).into()
}

fn numbers(vector: &Vector) -> Vec<f64> {
    vector.tensor().into_data().try_to_vec().expect("numbers")
}

fn close(found: &Vector, wanted: [f64; 3]) {
    let found = numbers(found);
    assert!(found.iter().zip(wanted).all(|(a, b)| (a - b).abs() < 1e-14), "{found:?} {wanted:?}");
}

/// `x + 2 (3 x + f)`: of an estimate that nobody else wants nothing is left.
#[test]
fn an_estimate_that_is_wanted_once_is_multiplied_out() {
    let (x, f) = (vector([1.0, 2.0, -1.0]), vector([0.5, 0.25, 4.0]));
    let estimate = Vector::sum([(3.0, x.clone()), (1.0, f.clone())]);
    let plan = Plan::of(vec![(1.0, x.clone()), (2.0, estimate)]);
    assert!(plan.estimate.is_none());
    let weights: Vec<[f64; 2]> = plan.parts.iter().map(|(_, weights)| *weights).collect();
    assert_eq!(weights, [[0.0, 7.0], [0.0, 2.0]]);
    close(&plan.take().into(), [8.0, 14.5, 1.0]);
}

/// What is wanted again is known once the sum is.
#[test]
fn an_estimate_that_is_kept_is_written_down_in_the_same_pass() {
    let (x, f) = (vector([1.0, 2.0, -1.0]), vector([0.5, 0.25, 4.0]));
    let estimate = Vector::sum([(3.0, x.clone()), (1.0, f)]);
    let sum = combine([(1.0, x), (2.0, estimate.clone())]);
    assert!(estimate.is_known());
    close(&estimate, [3.5, 6.25, 1.0]);
    close(&sum, [8.0, 14.5, 1.0]);
    close(&combine([(1.0, estimate), (-1.0, sum)]), [-4.5, -8.25, 0.0]);
}

/// The noise in `x` and a step along it: `e = (x − D)/σ`, `x' = D + σ' e`, `D = x − σ F`, so that `e` is `F`, exactly.
#[test]
fn what_cancels_is_not_computed() {
    let (x, f) = (vector([1e9, -1e9, 3.0]), vector([0.3, 0.7, -0.1]));
    let estimate = Vector::sum([(1.0, x.clone()), (-2.0, f)]);
    let noise = [(0.5, x.clone()), (-0.5, estimate.clone())];
    let [e, next] = combine_both(noise, 1.0, [(1.0, estimate)]);
    close(&e, [0.3, 0.7, -0.1]);
    let moved = [1e9 - 0.3, -1e9 - 0.7, 3.1];
    assert!(numbers(&next).iter().zip(moved).all(|(a, b)| (a - b).abs() < 1e-6));
}

#[test]
fn bounds_hold_within_a_sum() {
    let x = vector([1.0, 2.0, -3.0]);
    let estimate = Vector::sum([(2.0, x.clone())]).within(-1.0, 3.0);
    let kept = estimate.clone();
    close(&combine([(1.0, x.clone()), (10.0, estimate)]), [21.0, 32.0, -13.0]);
    close(&kept, [2.0, 3.0, -1.0]);
    close(&x.clone().within(-1.0, 1.5), [1.0, 1.5, -1.0]);
    let [first, second] = [1.0, 2.0].map(|bound| x.clone().within(-bound, bound));
    close(&combine([(1.0, first), (1.0, second)]), [2.0, 3.0, -3.0]);
}

/// Twice in a sum, within one another, or in none.
#[test]
fn sums_are_what_they_say_however_they_are_nested() {
    let (x, y) = (vector([1.0, 2.0, 3.0]), vector([-1.0, 0.5, 2.0]));
    let inner = Vector::sum([(1.0, x.clone()), (-1.0, y.clone())]);
    let outer = Vector::sum([(2.0, inner.clone()), (0.5, y.clone())]);
    let both = [(1.0, outer.clone()), (3.0, inner.clone()), (1.0, x.clone()), (0.0, y.clone())];
    close(&combine(both), [10.5, 9.75, 9.0]);
    close(&outer, [3.5, 3.25, 3.0]);
    close(&inner, [2.0, 1.5, 1.0]);
    close(&combine([(0.0, x.clone())]), [0.0; 3]);
    close(&combine([(1.0, x.clone()), (1.0, x.clone())]), [2.0, 4.0, 6.0]);
    close(&combine([(1.0, x.clone()), (-1.0, x.clone())]), [0.0; 3]);
    assert_eq!(numbers(&x), [1.0, 2.0, 3.0]);
}

/// Whether it is drawn in the sum, beforehand, or again.
#[test]
fn noise_is_the_same_wherever_it_is_drawn() {
    let device = Device::flex();
    let draws = Key::new(3, Purpose::SamplerNoise, 0).draws(2, 3);
    let noise = || Vector::noise(draws, device.clone());
    let wanted = draws.tensor(&device);
    let floats = |x: Tensor<2>| x.into_data().try_to_vec::<f32>().expect("floats");
    assert_eq!(floats(noise().tensor()), floats(wanted.clone()));
    assert_eq!(floats(combine([(2.0, noise())]).tensor()), floats(wanted.clone() * 2.0));
    let x = Tensor::<2>::ones([2, 3], &device);
    let sum = combine([(1.0, x.clone().into()), (0.5, noise())]);
    assert_eq!(floats(sum.tensor()), floats(x.clone() + wanted.clone() * 0.5));
    let held = noise();
    let sum = combine([(1.0, x.clone().into()), (0.5, held.clone())]);
    assert_eq!(floats(sum.tensor()), floats(x + wanted.clone() * 0.5));
    assert_eq!(floats(held.tensor()), floats(wanted));
}
