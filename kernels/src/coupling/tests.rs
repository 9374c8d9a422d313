//! Against plain operations in double precision, and against what couplings have to be.

use burn::prelude::*;
use burn::tensor::DType;

use super::*;
use crate::testing::{devices, far, kinds, values};

const WAYS: [Direction; 2] = [Direction::Forward, Direction::Inverse];
const BOUNDS: [f64; 2] = [0.7, BOUND];
/// Rows, and features.
const SHAPES: [[usize; 2]; 9] =
    [[1, 1], [700, 1], [33, 3], [5, 31], [5, 32], [5, 33], [3, 257], [2, 1500], [300, 64]];

fn numbers<const D: usize>(x: Tensor<D>) -> Vec<f64> {
    x.into_data().iter::<f64>().collect()
}

fn given([rows, features]: [usize; 2], (device, dtype): (&Device, DType)) -> [Tensor<2>; 2] {
    [
        values([rows, features], (device, dtype, 1)) * 2.0,
        values([rows, 2 * features], (device, dtype, 2)) * 2.0,
    ]
}

type Op = fn(Tensor<2>, Tensor<2>, f64, Direction) -> [Tensor<2>; 2];

/// By the papers' own formulas, differentiated by Burn.
fn plain(x: Tensor<2>, parameters: Tensor<2>, bound: f64, direction: Direction) -> [Tensor<2>; 2] {
    let [raw, t] = parameters.chunk(2, 1).try_into().expect("two halves");
    // Not divided: Burn's adjoint of a quotient rounds the divisor to single precision.
    let s = (raw * bound.recip()).tanh() * bound;
    match direction {
        Direction::Forward => [x * s.clone().exp() + t, s.sum_dim(1)],
        Direction::Inverse => [(x - t) / s.clone().exp(), s.sum_dim(1) * -1.0],
    }
}

/// Both outputs and the gradients of `Σ y t + Σ l u`, for fixed `t` and `u`.
fn computed([x, parameters]: [Tensor<2>; 2], (bound, direction): (f64, Direction), f: Op) -> [Vec<f64>; 4] {
    let (device, dtype, [rows, features]) = (x.device(), x.dtype(), x.dims());
    let [x, parameters] = [x, parameters].map(Tensor::require_grad);
    let [y, log] = f(x.clone(), parameters.clone(), bound, direction);
    let [t, u] = [(features, 3), (1, 4)].map(|(width, seed)| values([rows, width], (&device, dtype, seed)));
    let gradients = ((y.clone() * t).sum() + (log.clone() * u).sum()).backward();
    let [dx, dparameters] = [x, parameters].map(|x| numbers(x.grad(&gradients).expect("a gradient")));
    [numbers(y), numbers(log), dx, dparameters]
}

fn cases() -> impl Iterator<Item = ([usize; 2], f64, Direction)> {
    let told = BOUNDS.into_iter().flat_map(|bound| WAYS.map(|way| (bound, way)));
    told.flat_map(|(bound, way)| SHAPES.map(|shape| (shape, bound, way)))
}

#[test]
fn outputs_and_gradients_are_those_of_plain_operations() {
    let mut worst = 0.0_f64;
    for (shape, bound, direction) in cases() {
        let given = |device: &Device, dtype| given(shape, (&device.clone().autodiff(), dtype));
        let wanted = computed(given(&Device::flex(), DType::F64), (bound, direction), plain);
        for (name, device, dtype, limit) in kinds(2e-6, 1e-14) {
            let found = computed(given(&device, dtype), (bound, direction), through);
            for (i, what) in ["y", "log", "dx", "dparameters"].into_iter().enumerate() {
                let far = far(&found[i], &wanted[i]);
                let case = format!("{what} of {shape:?} {bound} {direction:?}, {name} {dtype:?}");
                assert!(far < limit, "{case}: {far}, not {limit}");
                worst = worst.max(far / limit);
            }
        }
    }
    println!("worst: {worst:.2} of what is allowed");
}

/// Where no kernel runs, and where Burn differentiates it.
#[test]
fn the_reference_is_the_same_on_every_device() {
    fn reference(x: Tensor<2>, parameters: Tensor<2>, bound: f64, direction: Direction) -> [Tensor<2>; 2] {
        let (shape, x, parameters) = (x.dims(), x.into_dispatch(), parameters.into_dispatch());
        split(Tensor::from_dispatch(reference::coupling::<Dispatch>(x, parameters, bound, direction)), shape)
    }
    for (shape, bound, direction) in cases() {
        for (name, device, dtype, limit) in kinds(2e-6, 1e-14) {
            let given = || given(shape, (&device.clone().autodiff(), dtype));
            let [found, wanted] =
                [reference as Op, through].map(|f| computed(given(), (bound, direction), f));
            for (found, wanted) in found.iter().zip(&wanted) {
                let far = far(found, wanted);
                assert!(far < limit, "{shape:?} {bound} {direction:?} {name} {dtype:?}: {far}");
            }
        }
    }
}

#[test]
fn gradients_are_what_small_steps_find() {
    const STEP: f64 = 1e-5;
    let (on, [rows, features]) = ((&Device::flex(), DType::F64), [5, 7]);
    for (bound, direction) in BOUNDS.into_iter().flat_map(|bound| WAYS.map(|way| (bound, way))) {
        let [x, parameters] = given([rows, features], on);
        let [t, u] = [(features, 3), (1, 4)].map(|(width, seed)| values([rows, width], (on.0, on.1, seed)));
        // Of each row by itself.
        let loss = |x: Tensor<2>, parameters: Tensor<2>| {
            let [y, log] = through(x, parameters, bound, direction);
            (y * t.clone()).sum_dim(1) + log * u.clone()
        };
        let slopes = |width: usize, f: &dyn Fn(Tensor<2>) -> Tensor<2>| {
            let slope = |i: usize| {
                let nudge: Vec<f64> = (0..width).map(|k| if k == i { STEP } else { 0.0 }).collect();
                let nudge = Tensor::from_data(TensorData::new(nudge, [1, width]), on);
                (f(nudge.clone()) - f(nudge * -1.0)) / (2.0 * STEP)
            };
            numbers(Tensor::cat((0..width).map(slope).collect(), 1))
        };
        let by_x = slopes(features, &|nudge| loss(x.clone() + nudge, parameters.clone()));
        let by_parameters = slopes(2 * features, &|nudge| loss(x.clone(), parameters.clone() + nudge));
        let inputs = given([rows, features], (&on.0.clone().autodiff(), on.1));
        let [_, _, dx, dparameters] = computed(inputs, (bound, direction), through);
        let [a, b] = [far(&dx, &by_x), far(&dparameters, &by_parameters)];
        assert!(a < 1e-9 && b < 1e-9, "{bound} {direction:?}: {a} {b}");
    }
}

/// The determinant of a diagonal matrix: its entries are found by small steps, and so are those beside it.
#[test]
fn logarithms_are_those_of_the_jacobian() {
    const STEP: f64 = 1e-5;
    let on = (&Device::flex(), DType::F64);
    for (bound, direction) in BOUNDS.into_iter().flat_map(|bound| WAYS.map(|way| (bound, way))) {
        let [x, parameters] = given([4, 6], on);
        let at = |i: usize, by: f64| {
            let nudge: Vec<f64> = (0..6).map(|k| if k == i { by } else { 0.0 }).collect();
            let nudge = Tensor::from_data(TensorData::new(nudge, [1, 6]), on);
            through(x.clone() + nudge, parameters.clone(), bound, direction)
        };
        let columns = (0..6).map(|i| {
            let [[high, log], [low, _]] = [at(i, STEP), at(i, -STEP)];
            let column = (high - low) / (2.0 * STEP);
            (numbers(column), numbers(log))
        });
        let (columns, logs): (Vec<_>, Vec<_>) = columns.unzip();
        for row in 0..4 {
            let entry = |i: usize, k: usize| columns[i][row * 6 + k];
            let beside = (0..6).flat_map(|i| (0..6).filter(move |k| *k != i).map(move |k| (i, k)));
            assert!(beside.map(|(i, k)| entry(i, k).abs()).fold(0.0, f64::max) == 0.0);
            let log: f64 = (0..6).map(|i| entry(i, i).ln()).sum();
            assert!((log - logs[0][row]).abs() < 1e-8, "{bound} {direction:?}: {log} {}", logs[0][row]);
        }
    }
}

#[test]
fn there_and_back_again() {
    for (name, device, dtype, limit) in kinds(5e-6, 1e-12) {
        for (shape, bound, direction) in cases() {
            let [x, parameters] = given(shape, (&device, dtype));
            let back = if direction == WAYS[0] { WAYS[1] } else { WAYS[0] };
            let [y, log] = through(x.clone(), parameters.clone(), bound, direction);
            let [again, log_back] = through(y, parameters, bound, back);
            let off = far(&numbers(again), &numbers(x));
            let logs = numbers((log + log_back).abs().max())[0];
            assert!(off < limit && logs == 0.0, "{shape:?} {name} {dtype:?} {direction:?}: {off}, {logs}");
        }
    }
}

#[test]
fn parameters_that_are_zero_make_the_identity() {
    for (_, device, dtype, _) in kinds(0.0, 0.0) {
        for direction in WAYS {
            let [x, parameters] = given([5, 33], (&device, dtype));
            let [y, log] = through(x.clone(), parameters * 0.0, BOUND, direction);
            assert_eq!((numbers(y), numbers(log)), (numbers(x), vec![0.0; 5]));
        }
    }
}

#[test]
fn parameters_beyond_all_measure_leave_everything_finite() {
    for (name, device, dtype, _) in kinds(0.0, 0.0) {
        for direction in WAYS {
            let on = (&device.clone().autodiff(), dtype);
            let x = values([40, 7], (on.0, on.1, 1));
            let sign = values([40, 14], (on.0, on.1, 2)).sign();
            let found = computed([x, sign * 1e4], (BOUND, direction), through);
            assert!(found.iter().flatten().all(|x| x.is_finite()), "{direction:?} {name} {dtype:?}");
            assert!(found[1].iter().all(|log| log.abs() <= 7.0 * BOUND), "{direction:?} {name} {dtype:?}");
            let flat = found[3].chunks_exact(14).flat_map(|row| &row[..7]);
            assert!(
                flat.fold(0.0, |most: f64, x| most.max(x.abs())) < 1e-6,
                "{direction:?} {name} {dtype:?}"
            );
        }
    }
}

#[test]
fn views_are_numbered_as_any_tensor() {
    for (name, device) in devices() {
        let on = (&device.autodiff(), DType::F32);
        let wide = |shape, seed| values(shape, (on.0, on.1, seed)).swap_dims(0, 1);
        let views = || [wide([7, 13], 1), wide([17, 15], 2).narrow(0, 1, 13).narrow(1, 2, 14)];
        let straight = || views().map(|x| Tensor::from_data(x.into_data(), on));
        let [found, wanted] = [views(), straight()].map(|given| computed(given, (BOUND, WAYS[0]), through));
        assert_eq!(found, wanted, "{name}");
    }
}

#[test]
fn no_rows_are_no_trouble() {
    for (_, device, dtype, _) in kinds(0.0, 0.0) {
        for ([rows, features], direction) in [[0, 3], [2, 0]].into_iter().flat_map(|s| WAYS.map(|w| (s, w))) {
            let on = (&device.clone().autodiff(), dtype);
            let [x, parameters] =
                [features, 2 * features].map(|width| Tensor::<2>::zeros([rows, width], on).require_grad());
            let [y, log] = through(x.clone(), parameters.clone(), BOUND, direction);
            assert_eq!((y.dims(), numbers(log)), (x.dims(), vec![0.0; rows]));
            let gradient = Tensor::<1>::zeros([rows * features + rows], on).inner().into_dispatch();
            let [a, b] = [&x, &parameters].map(|x| x.clone().inner().into_dispatch());
            let (dx, dparameters) =
                <Dispatch as CouplingOps>::coupling_backward(a, b, gradient, BOUND, direction);
            let [dx, dparameters] = [dx, dparameters].map(Tensor::<2>::from_dispatch);
            assert_eq!((dx.dims(), dparameters.dims()), (x.dims(), parameters.dims()));
        }
    }
}
