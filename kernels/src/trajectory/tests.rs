//! Against plain loops in double precision, and against what trajectories have to be.

use burn::prelude::*;
use burn::tensor::DType;

use super::*;
use crate::testing::{devices, far, kinds, values};

mod courses;
#[cfg(feature = "gpu")]
mod flight;
mod plain;

use courses::{adams, euler, heun, maruyama, runge_kutta};
use plain::plain;

const ACTIVATIONS: [Activation; 4] = [Activation::Silu, Activation::Selu, Activation::Tanh, Activation::Relu];

fn numbers<const D: usize>(x: Tensor<D>) -> Vec<f64> {
    x.into_data().iter::<f64>().collect()
}

/// A network's sizes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sizes {
    features: usize,
    hidden: usize,
    layers: usize,
}

/// A field that neither grows nor vanishes from layer to layer.
pub(super) fn field(
    Sizes { features, hidden, layers }: Sizes,
    evaluations: usize,
    (activation, shape): (Activation, Stack),
    (device, dtype): (&Device, DType),
) -> Field {
    let matrix = |[from, to]: [usize; 2], seed| {
        values([from, to], (device, dtype, seed)) * (1.0 / (from as f64).sqrt())
    };
    Field {
        input: matrix([features, hidden], 1),
        hidden: (0..layers).map(|i| matrix([hidden, hidden], 2 + i)).collect(),
        output: matrix([hidden, features], 50),
        biases: values([evaluations, layers + 1, hidden], (device, dtype, 51)) * 0.3,
        output_bias: values([features], (device, dtype, 52)),
        activation,
        shape,
    }
}

pub(super) fn draws(rows: usize, features: usize) -> Draws {
    Draws { seed: [11, 5], first: [3, u32::MAX - 2, 7], rows, features }
}

/// The greatest error on each device and in each precision.
fn compare(sizes: Sizes, particles: usize, course: &[Evaluation], kind: (Activation, Stack)) {
    let draws = draws(particles, sizes.features);
    let exact = (&Device::flex(), DType::F64);
    let x = |device: &Device, dtype| values([particles, sizes.features], (device, dtype, 9));
    let wanted =
        plain(&numbers(x(exact.0, exact.1)), &field(sizes, course.len(), kind, exact), course, draws);
    for (place, device, dtype, limit) in kinds(3e-5, 1e-11) {
        let field = field(sizes, course.len(), kind, (&device, dtype));
        let found = numbers(integrate(x(&device, dtype), &field, course, Some(draws)));
        let far = far(&found, &wanted);
        let case = format!("{sizes:?} {kind:?} {particles} particles, {place} {dtype:?}");
        assert!(far < limit, "{case}: {far}, not {limit}");
    }
}

#[test]
fn every_activation_and_stack_is_as_written() {
    let course = [heun(2, 0.3), euler(1, 0.2)].concat();
    for activation in ACTIVATIONS {
        for (stack, layers) in
            [(Stack::Plain, 0), (Stack::Plain, 3), (Stack::Residual, 2), (Stack::Residual, 4)]
        {
            compare(Sizes { features: 2, hidden: 31, layers }, 33, &course, (activation, stack));
        }
    }
}

#[test]
fn networks_of_every_width_are_flown_through() {
    let course = adams(3, 0.2);
    for (features, hidden) in [(3, 1), (1, 31), (8, 64), (2, 96), (3, 200)] {
        let sizes = Sizes { features, hidden, layers: 2 };
        compare(sizes, 33, &course, (Activation::Silu, Stack::Residual));
    }
}

/// What graphics adapters leave to the reference.
#[test]
fn networks_beyond_the_kernel_are_flown_through_too() {
    let course = euler(2, 0.2);
    for (features, hidden, layers) in [(9, 16, 1), (2, 257, 1), (1, 5, 18)] {
        compare(Sizes { features, hidden, layers }, 3, &course, (Activation::Tanh, Stack::Plain));
    }
}

#[test]
fn every_course_is_flown_by_any_number_of_particles() {
    let courses = [euler(3, 0.3), heun(3, 0.3), runge_kutta(2, 0.4), adams(4, 0.2), maruyama(4, 0.1)];
    for course in courses {
        for particles in [1, 3, 33, 257] {
            let sizes = Sizes { features: 2, hidden: 16, layers: 1 };
            compare(sizes, particles, &course, (Activation::Selu, Stack::Plain));
        }
    }
}

/// Scales, shares and all registers in use.
#[test]
fn every_coefficient_counts() {
    let number = |i: usize| f64::from((i * 37 % 23) as f32 / 23.0 - 0.5);
    let evaluation = |e: usize| Evaluation {
        ask: std::array::from_fn(|i| number(e * 11 + i)),
        scale: 0.5 + number(e * 5).abs(),
        skip: number(e * 7 + 1),
        out: number(e * 3 + 2),
        then: std::array::from_fn(|i| number(e * 13 + i + 4)),
        noise: (e % 3 == 1).then(|| (e as u32 + 8, number(e))),
    };
    let course: Vec<Evaluation> = (0..9).map(evaluation).collect();
    let sizes = Sizes { features: 3, hidden: 20, layers: 2 };
    compare(sizes, 70, &course, (Activation::Tanh, Stack::Residual));
}

/// More rounds than a launch has.
#[test]
fn long_courses_are_flown_to_their_end() {
    let sizes = Sizes { features: 1, hidden: 256, layers: 4 };
    compare(sizes, 2, &euler(150, 0.01), (Activation::Tanh, Stack::Plain));
}

/// Far from where activations bend, nothing overflows.
#[test]
fn large_numbers_stay_numbers() {
    for (name, device) in devices() {
        for activation in ACTIVATIONS {
            let sizes = Sizes { features: 2, hidden: 16, layers: 1 };
            let field = field(sizes, 1, (activation, Stack::Plain), (&device, DType::F32));
            let x = values([5, 2], (&device, DType::F32, 1)) * 1e6;
            let found = numbers(integrate(x, &field, &euler(1, 1e-3), None));
            assert!(found.iter().all(|x| x.is_finite()), "{name} {activation:?}: {found:?}");
        }
    }
}

#[test]
fn nothing_and_tensors_that_lie_otherwise_are_flown_too() {
    let sizes = Sizes { features: 3, hidden: 31, layers: 2 };
    let course = heun(2, 0.2);
    for (name, device) in devices() {
        let on = (&device, DType::F32);
        let kind = (Activation::Silu, Stack::Plain);
        let straight = field(sizes, course.len(), kind, on);
        let none = integrate(Tensor::zeros([0, 3], on), &straight, &course, None);
        assert_eq!(none.dims(), [0, 3]);
        let x = values([33, 3], (on.0, on.1, 4));
        let none = integrate(x.clone(), &field(sizes, 0, kind, on), &[], None);
        assert_eq!(numbers(none), numbers(x.clone()));
        // The same numbers, column by column.
        let strided = Field {
            input: across(straight.input.clone()),
            hidden: straight.hidden.iter().cloned().map(across).collect(),
            output: across(straight.output.clone()),
            biases: straight.biases.clone().swap_dims(0, 2).mul_scalar(1.0).swap_dims(0, 2),
            ..straight.clone()
        };
        let wanted = numbers(integrate(x.clone(), &straight, &course, None));
        assert_eq!(numbers(integrate(across(x), &strided, &course, None)), wanted, "{name}");
    }
}

fn across(x: Tensor<2>) -> Tensor<2> {
    let [rows, columns] = x.dims();
    x.transpose().reshape([rows * columns]).reshape([columns, rows]).transpose()
}

#[test]
fn no_gradient_passes() {
    for (_, device) in devices() {
        let learning = device.clone().autodiff();
        let sizes = Sizes { features: 2, hidden: 16, layers: 2 };
        let on = (&learning, DType::F32);
        let mut field = field(sizes, 2, (Activation::Silu, Stack::Plain), on);
        field.input = field.input.require_grad();
        let x = values([5, 2], (on.0, on.1, 4)).require_grad();
        let wanted = {
            let field = Field {
                input: field.input.clone().inner(),
                hidden: field.hidden.iter().cloned().map(Tensor::inner).collect(),
                output: field.output.clone().inner(),
                biases: field.biases.clone().inner(),
                output_bias: field.output_bias.clone().inner(),
                ..field.clone()
            };
            numbers(integrate(x.clone().inner(), &field, &euler(2, 0.1), None))
        };
        let end = integrate(x.clone(), &field, &euler(2, 0.1), None);
        assert_eq!(numbers(end.clone()), wanted);
        let gradients = (end.sum() + x.clone().sum()).backward();
        assert_eq!(numbers(x.grad(&gradients).expect("a gradient")), vec![1.0; 10]);
        assert!(field.input.grad(&gradients).is_none());
    }
}

/// Noise alone: the same bits as they are drawn elsewhere.
#[test]
fn noise_has_the_bits_of_its_draws() {
    let noise = |draw, weight| Evaluation {
        ask: [0.0; REGISTERS],
        scale: 0.0,
        skip: 0.0,
        out: 0.0,
        then: [0.0; REGISTERS],
        noise: Some((draw, weight)),
    };
    for (name, device) in devices() {
        for (particles, features, weight) in [(1, 1, 1.0), (33, 2, 0.3), (257, 3, -1.7), (65, 8, 0.01)] {
            let sizes = Sizes { features, hidden: 5, layers: 0 };
            let kind = (Activation::Tanh, Stack::Plain);
            let field = field(sizes, 2, kind, (&device, DType::F32));
            let x = values([particles, features], (&device, DType::F32, 1));
            let draws = draws(particles, features);
            let course = [noise(4, 1.0), noise(70_000, weight)];
            let found = integrate(x, &field, &course, Some(draws));
            let wanted = draws.sum(vec![(70_000, weight)], &device);
            assert_eq!(numbers(found), numbers(wanted), "{name}: {particles} of {features}");
        }
    }
}

/// `x′ = 2 + cos t − x`, by `max(0, x) − max(0, −x)` and a hidden number that is a bias: `x = 2 + (cos t + sin t)/2 + c e^−t`.
fn known(times: &[f64], on: (&Device, DType)) -> Field {
    let biases = times.iter().flat_map(|t| [0.0, 0.0, 2.0 + t.cos()]).collect();
    let tensor = |values: Vec<f64>, shape: [usize; 2]| {
        Tensor::from_data(TensorData::new(values, shape).convert_dtype(on.1), on)
    };
    let column: Tensor<2> = tensor(biases, [times.len(), 3]);
    Field {
        input: tensor(vec![1.0, -1.0, 0.0], [1, 3]),
        hidden: Vec::new(),
        output: tensor(vec![-1.0, 1.0, 1.0], [3, 1]),
        biases: column.unsqueeze_dim(1),
        output_bias: Tensor::zeros([1], on),
        activation: Activation::Relu,
        shape: Stack::Plain,
    }
}

#[test]
fn courses_converge_in_their_order() {
    type Course = fn(usize, f64) -> Vec<Evaluation>;
    let methods: [(&str, Course, &[f64], f64); 4] = [
        ("Euler", euler, &[0.0], 1.0),
        ("Heun", heun, &[0.0, 1.0], 2.0),
        ("Adams and Bashforth", adams, &[0.0], 2.0),
        ("Runge and Kutta", runge_kutta, &[0.0, 0.5, 0.5, 1.0], 4.0),
    ];
    let start = 0.7;
    let exact = |t: f64| 2.0 + 0.5 * (t.cos() + t.sin()) + (start - 2.5) * (-t).exp();
    for (name, method, stages, order) in methods {
        let error = |steps: usize| {
            let h = 1.0 / steps as f64;
            let times = (0..steps).flat_map(|i| stages.iter().map(move |c| (i as f64 + c) * h));
            let on = (&Device::flex(), DType::F64);
            let x = Tensor::from_data(TensorData::new(vec![start], [1, 1]), on);
            let field = known(&times.collect::<Vec<_>>(), on);
            (numbers(integrate(x, &field, &method(steps, h), None))[0] - exact(1.0)).abs()
        };
        let found = (error(20) / error(40)).log2();
        assert!((found - order).abs() < 0.15, "{name}: {found}, not {order}");
    }
}

/// `dx = −x dt + √2 dW` by Euler and Maruyama: mean `(1 − h)^n x_0`, variance `2h (1 − (1 − h)^2n) / (1 − (1 − h)²)`.
#[test]
fn a_process_has_its_moments() {
    let (particles, steps, h) = (20_000, 25, 0.08);
    for (name, device) in devices() {
        let on = (&device, DType::F32);
        let mut field = known(&vec![0.0; steps], on);
        field.biases = field.biases.mul_scalar(0.0);
        let x = Tensor::ones([particles, 1], on) * 3.0;
        let end = numbers(integrate(x, &field, &maruyama(steps, h), Some(draws(particles, 1))));
        let size = particles as f64;
        let mean = end.iter().sum::<f64>() / size;
        let variance = end.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / size;
        let left = (1.0 - h).powi(steps as i32);
        let wanted = 2.0 * h * (1.0 - left * left) / (1.0 - (1.0 - h).powi(2));
        let off = (mean - 3.0 * left).abs() / (wanted / size).sqrt();
        assert!(off < 4.0, "{name}: the mean is off by {off} standard errors");
        let off = (variance - wanted).abs() / (wanted * (2.0 / size).sqrt());
        assert!(off < 4.0, "{name}: the variance is off by {off} standard errors");
    }
}

#[test]
#[should_panic(expected = "trajectory: a hidden layer is [16, 17], not [16, 16]")]
fn layers_that_do_not_fit_are_told() {
    let sizes = Sizes { features: 2, hidden: 16, layers: 1 };
    let on = (&Device::flex(), DType::F32);
    let mut field = field(sizes, 1, (Activation::Silu, Stack::Plain), on);
    field.hidden = vec![values([16, 17], (on.0, on.1, 1))];
    drop(integrate(values([3, 2], (on.0, on.1, 1)), &field, &euler(1, 0.1), None));
}
