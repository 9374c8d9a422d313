//! Against plain operations in double precision, and against what splines have to be.

use burn::prelude::*;
use burn::tensor::DType;

use super::*;
use crate::testing::{devices, far, kinds, values};

mod plain;

use plain::plain;

const WAYS: [Direction; 2] = [Direction::Forward, Direction::Inverse];
/// Rows, and features.
const SHAPES: [[usize; 2]; 5] = [[1, 1], [3, 1], [1, 31], [11, 3], [257, 1]];

fn splines() -> impl Iterator<Item = Spline> {
    let bins = [1, 2, 8, 32].into_iter();
    bins.flat_map(|bins| [false, true].map(|circular| Spline { bins, bound: 3.0, circular }))
}

fn numbers<const D: usize>(x: Tensor<D>) -> Vec<f64> {
    x.into_data().iter::<f64>().collect()
}

/// Inputs, of which some are without the bounds, and parameters.
fn given([rows, features]: [usize; 2], spline: &Spline, (device, dtype): (&Device, DType)) -> [Tensor<2>; 2] {
    let x = values([rows, features], (device, dtype, 1)) * 2.5;
    let parameters = values([rows, features * spline.parameters()], (device, dtype, 2));
    [x, parameters]
}

type Op = fn(Tensor<2>, Tensor<2>, &Spline, Direction) -> [Tensor<2>; 2];

/// Both outputs and the gradients of `Σ y t + Σ l u`, for fixed `t` and `u`.
fn computed(
    x: Tensor<2>,
    parameters: Tensor<2>,
    (spline, direction): (&Spline, Direction),
    f: Op,
) -> [Vec<f64>; 4] {
    let (device, dtype) = (x.device(), x.dtype());
    let [x, parameters] = [x, parameters].map(Tensor::require_grad);
    let [y, log] = f(x.clone(), parameters.clone(), spline, direction);
    let [t, u] = [3, 4].map(|seed| values(x.dims(), (&device, dtype, seed)));
    let gradients = ((y.clone() * t).sum() + (log.clone() * u).sum()).backward();
    let [dx, dparameters] = [x, parameters].map(|x| numbers(x.grad(&gradients).expect("a gradient")));
    [numbers(y), numbers(log), dx, dparameters]
}

#[test]
fn outputs_and_gradients_are_those_of_plain_operations() {
    let mut worst = 0.0_f64;
    for spline in splines() {
        for (shape, direction) in SHAPES.into_iter().flat_map(|shape| WAYS.map(|way| (shape, way))) {
            let given = |device: &Device, dtype| given(shape, &spline, (&device.clone().autodiff(), dtype));
            let [wanted, rounded] = [DType::F64, DType::F32].map(|dtype| {
                let [x, parameters] = given(&Device::flex(), dtype);
                computed(x, parameters, (&spline, direction), plain)
            });
            for (place, device, dtype, limit) in kinds(3e-5, 1e-11) {
                let [x, parameters] = given(&device, dtype);
                let found = computed(x, parameters, (&spline, direction), through);
                for (i, name) in ["y", "log", "dx", "dparameters"].into_iter().enumerate() {
                    // Knots are sums: where bins are narrow, what is found within them is as far off as these round.
                    let single = if dtype == DType::F32 { 4.0 * far(&rounded[i], &wanted[i]) } else { 0.0 };
                    let far = far(&found[i], &wanted[i]);
                    let case = format!("{name} of {spline:?} {direction:?} {shape:?}, {place} {dtype:?}");
                    assert!(far < limit + single, "{case}: {far}, not {limit} + {single}");
                    worst = worst.max(far / (limit + single));
                }
            }
        }
    }
    println!("worst: {worst:.2} of what is allowed");
}

/// Where no kernel runs, and where Burn differentiates it.
#[test]
fn the_reference_is_the_same_on_every_device() {
    fn reference(
        x: Tensor<2>,
        parameters: Tensor<2>,
        spline: &Spline,
        direction: Direction,
    ) -> [Tensor<2>; 2] {
        let dims = x.dims();
        let (x, parameters) = (x.into_dispatch(), parameters.into_dispatch());
        let both = reference::spline::<Dispatch>(x, parameters, *spline, direction);
        let both = Tensor::<3>::from_dispatch(both);
        [0, 1].map(|i| both.clone().narrow(0, i, 1).reshape(dims))
    }
    for (spline, direction) in splines().flat_map(|spline| WAYS.map(|way| (spline, way))) {
        for (place, device, dtype, limit) in kinds(1e-4, 1e-11) {
            let given = || given([11, 3], &spline, (&device.clone().autodiff(), dtype));
            let [found, wanted] = [reference as Op, through].map(|f| {
                let [x, parameters] = given();
                computed(x, parameters, (&spline, direction), f)
            });
            for (found, wanted) in found.iter().zip(&wanted) {
                let far = far(found, wanted);
                assert!(far < limit, "{spline:?} {direction:?} {place} {dtype:?}: {far}");
            }
        }
    }
}

#[test]
fn gradients_are_what_small_steps_find() {
    const STEP: f64 = 1e-5;
    for spline in [1, 3].into_iter().flat_map(|bins| splines().take(2).map(move |s| Spline { bins, ..s })) {
        for direction in WAYS {
            let of = (&Device::flex(), DType::F64);
            let [x, parameters] = given([5, 7], &spline, of);
            let [t, u] = [3, 4].map(|seed| values([5, 7], (of.0, of.1, seed)));
            // Of each number by itself.
            let loss = |x: Tensor<2>, parameters: Tensor<2>| {
                let [y, log] = through(x, parameters, &spline, direction);
                y * t.clone() + log * u.clone()
            };
            let each = spline.parameters();
            let nudged = |which: usize, by: f64| {
                let nudge = |i: usize| if i % each == which { by } else { 0.0 };
                let nudges: Vec<f64> = (0..35 * each).map(nudge).collect();
                let nudges = TensorData::new(nudges, [5, 7 * each]);
                loss(x.clone(), parameters.clone() + Tensor::from_data(nudges, of))
            };
            let slopes = (0..each).map(|i| (nudged(i, STEP) - nudged(i, -STEP)) / (2.0 * STEP));
            let slopes = Tensor::stack::<3>(slopes.collect(), 2);
            let along = |by: f64| loss(x.clone() + by, parameters.clone());
            let along = (along(STEP) - along(-STEP)) / (2.0 * STEP);
            let inputs = given([5, 7], &spline, (&of.0.clone().autodiff(), of.1));
            let [_, _, dx, dparameters] =
                computed(inputs[0].clone(), inputs[1].clone(), (&spline, direction), through);
            let [a, b] = [far(&dx, &numbers(along)), far(&dparameters, &numbers(slopes))];
            assert!(a < 1e-8 && b < 1e-8, "{spline:?} {direction:?}: {a} {b}");
        }
    }
}

/// A hundred thousand numbers within and without, and as many on knots and at the bounds.
#[test]
fn there_and_back_again() {
    let (rows, features, bound) = (400, 256, 4.0);
    for (name, device, dtype, limit) in kinds(5e-6, 1e-12) {
        for (circular, direction) in [false, true].into_iter().flat_map(|c| WAYS.map(|way| (c, way))) {
            let spline = Spline { bins: 8, bound, circular };
            let (each, on) = (spline.parameters(), (&device, dtype));
            let x = values([rows, features], (on.0, on.1, 1)) * 3.5;
            let parameters = values([rows, features * each], (on.0, on.1, 2));
            // Where all bins are as wide and as high, knots are whole numbers.
            let knots = Tensor::<1>::from_data([-4.0, -3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0, 4.0], on);
            let whole = parameters.clone().reshape([rows * features, each]);
            let slopes = whole.narrow(1, 16, each - 16).narrow(0, 0, rows * 9);
            let even = Tensor::cat(vec![Tensor::zeros([rows * 9, 16], on), slopes], 1);
            let x = Tensor::cat(vec![x, knots.reshape([1, 9]).expand([rows, 9])], 1);
            let parameters = Tensor::cat(vec![parameters, even.reshape([rows, 9 * each])], 1);

            let back = if direction == WAYS[0] { WAYS[1] } else { WAYS[0] };
            let [y, log] = through(x.clone(), parameters.clone(), &spline, direction);
            let [again, log_back] = through(y, parameters, &spline, back);
            // Where it is flat, what rounding takes from the one is more of the other.
            let most = log_back.clone().exp().clamp_min(1.0) * limit;
            let off = numbers(((again - x) / most).abs().max())[0];
            let logs = numbers((log + log_back).abs().max())[0];
            println!("{name} {dtype:?} {circular} {direction:?}: {off:.2} of {limit}, {logs:.1e}");
            assert!(off < 1.0 && logs < 100.0 * limit, "{name} {dtype:?} {circular}: {off}, {logs}");
        }
    }
}

#[test]
fn logarithms_are_those_of_the_slopes() {
    for (spline, direction) in splines().flat_map(|spline| WAYS.map(|way| (spline, way))) {
        for (name, device, dtype, limit) in kinds(5e-5, 1e-11) {
            let [x, parameters] = given([31, 33], &spline, (&device.clone().autodiff(), dtype));
            let x = x.require_grad();
            let [y, log] = through(x.clone(), parameters, &spline, direction);
            let slopes = x.grad(&y.sum().backward()).expect("a gradient");
            let far = far(&numbers(slopes), &numbers(log.exp()));
            assert!(far < limit, "{spline:?} {direction:?} {name} {dtype:?}: {far}");
        }
    }
}

#[test]
fn parameters_that_are_zero_make_the_identity() {
    for (spline, direction) in splines().flat_map(|spline| WAYS.map(|way| (spline, way))) {
        for (name, device, dtype, limit) in kinds(3e-6, 1e-14) {
            let x = values([31, 33], (&device, dtype, 1)) * 2.5;
            let parameters = Tensor::zeros([31, 33 * spline.parameters()], (&device, dtype));
            let [y, log] = through(x.clone(), parameters, &spline, direction);
            let [off, log] = [y - x, log].map(|x| numbers(x.abs().max())[0]);
            assert!(off < limit && log < limit, "{spline:?} {name} {dtype:?}: {off} {log}");
        }
    }
}

#[test]
fn without_the_bounds_nothing_happens() {
    for (direction, (_, device, dtype, _)) in
        WAYS.into_iter().flat_map(|way| kinds(0.0, 0.0).into_iter().map(move |kind| (way, kind)))
    {
        let spline = Spline { bins: 5, bound: 3.0, circular: false };
        let on = (&device.autodiff(), dtype);
        let x = Tensor::<2>::from_data([[-1e30, -100.0, -3.0001, 3.0001, 17.0, 1e30]], on);
        let parameters = values([1, 6 * 14], (on.0, on.1, 1));
        let [y, log, dx, dparameters] = computed(x.clone(), parameters, (&spline, direction), through);
        assert_eq!((y, log), (numbers(x), vec![0.0; 6]));
        assert_eq!(dx, numbers(values([1, 6], (on.0, on.1, 3))));
        assert!(dparameters.iter().all(|slope| *slope == 0.0));
    }
}

/// On knots, at the bounds, and between.
#[test]
fn parameters_beyond_all_measure_leave_everything_finite() {
    for (spline, direction) in splines().flat_map(|spline| WAYS.map(|way| (spline, way))) {
        for (name, device, dtype, _) in kinds(0.0, 0.0) {
            let on = (&device.autodiff(), dtype);
            let ends = Tensor::<1>::from_data([-3.0, 3.0, 0.0, -2.999_999, 2.999_999, 1.5, -1.5], on);
            let x = ends.reshape([1, 7]).expand([40, 7]);
            let sign = values([40, 7 * spline.parameters()], (on.0, on.1, 1)).sign();
            for size in [0.0, 30.0, 1e4] {
                let found = computed(x.clone(), sign.clone() * size, (&spline, direction), through);
                let finite = found.iter().flatten().all(|x| x.is_finite());
                assert!(finite, "{spline:?} {direction:?} {size} {name} {dtype:?}");
                let reached = found[0].iter().all(|y| y.abs() < 3.001);
                assert!(reached, "{spline:?} {direction:?} {size} {name} {dtype:?}");
            }
        }
    }
}

#[test]
fn a_circle_closes() {
    let spline = Spline { bins: 8, bound: std::f64::consts::PI, circular: true };
    for direction in WAYS {
        for (name, device, dtype, limit) in kinds(2e-3, 1e-5) {
            let on = (&device, dtype);
            let end = Tensor::<2>::ones([3, 31], on) * spline.bound;
            let parameters = values([3, 31 * spline.parameters()], (on.0, on.1, 1));
            let little = if dtype == DType::F64 { 1e-9 } else { 2e-7 };
            let at = [-1.0, 1.0 - little, 1.0, 1.0 + little];
            let at = at.map(|share| through(end.clone() * share, parameters.clone(), &spline, direction));
            let [[low, first], rest @ ..] = at;
            for [high, last] in rest {
                let off = [low.clone() + end.clone() * 2.0 - high, first.clone() - last];
                let [y, log] = off.map(|x| numbers(x.abs().max())[0]);
                assert!(y < 0.1 * limit && log < limit, "{name} {dtype:?}: {y} {log}");
            }
        }
    }
}

#[test]
fn views_are_numbered_as_any_tensor() {
    let spline = Spline { bins: 4, bound: 3.0, circular: false };
    for (name, device) in devices() {
        let on = (&device.autodiff(), DType::F32);
        let wide = |shape, seed| values(shape, (on.0, on.1, seed)).swap_dims(0, 1);
        let views = || [wide([7, 13], 1) * 2.0, wide([7 * 11, 15], 2).narrow(0, 1, 13)];
        let straight = || views().map(|x| Tensor::from_data(x.into_data(), on));
        let [found, wanted] = [views(), straight()]
            .map(|[x, parameters]| computed(x, parameters, (&spline, Direction::Forward), through));
        assert_eq!(found, wanted, "{name}");
    }
}

#[test]
fn no_rows_are_no_trouble() {
    for (spline, direction) in splines().flat_map(|spline| WAYS.map(|way| (spline, way))) {
        for (_, device, dtype, _) in kinds(0.0, 0.0) {
            let on = (&device.autodiff(), dtype);
            for [rows, features] in [[0, 3], [2, 0]] {
                let [x, parameters] = [features, features * spline.parameters()]
                    .map(|width| Tensor::<2>::zeros([rows, width], on).require_grad());
                let [y, log] = through(x.clone(), parameters.clone(), &spline, direction);
                assert_eq!((y.dims(), log.dims()), (x.dims(), x.dims()));
                let gradient = Tensor::<3>::zeros([2, rows, features], on).inner().into_dispatch();
                let [a, b] = [&x, &parameters].map(|x| x.clone().inner().into_dispatch());
                let (dx, dparameters) =
                    <Dispatch as SplineOps>::spline_backward(a, b, gradient, spline, direction);
                let [dx, dparameters] = [dx, dparameters].map(Tensor::<2>::from_dispatch);
                assert_eq!((dx.dims(), dparameters.dims()), (x.dims(), parameters.dims()));
            }
        }
    }
}
