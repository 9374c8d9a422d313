//! Flows of pictures: Jacobians, first batches, levels that leave, chessboards.

use burn::prelude::*;
use serde_json::{Value, json};

use super::super::*;
use crate::config;
use crate::nn::{Mode, Named};
use crate::random::{Key, Purpose};

mod discrete;
mod learning;

pub(super) fn normals(rows: usize, features: usize, seed: u64) -> Tensor<2> {
    Key::new(seed, Purpose::Data, 0).normal_rows(rows, features, &Device::flex())
}

pub(super) fn floats<const D: usize>(x: Tensor<D>) -> Vec<f64> {
    x.into_data().iter::<f64>().collect()
}

fn largest<const D: usize>(x: Tensor<D>) -> f64 {
    floats(x).into_iter().fold(0.0, |most, x| most.max(x.abs()))
}

fn built(transform: &Value, shape: &[usize], told: usize, device: &Device) -> Result<Built> {
    let transform: TransformConfig = config::typed(transform.clone())?;
    let place = Place { shape: shape.to_vec(), told, number: 0 };
    transform.build(&place, &Init::new(3, device))
}

/// Parameters moved by normals of this deviation, each set by another seed.
pub(super) fn stirred(parameters: Vec<Named>, by: f64) -> Vec<Tensor<1>> {
    let stir = |(i, named): (usize, Named)| {
        let count = named.shape.iter().product();
        named.value + normals(1, count, 40 + i as u64).reshape([-1]) * by
    };
    parameters.into_iter().enumerate().map(stir).collect()
}

/// `ln |det|` of a square matrix.
fn log_det(mut matrix: Vec<Vec<f64>>) -> f64 {
    let mut log = 0.0;
    while let Some(pivot) =
        (0..matrix.len()).max_by(|a, b| matrix[*a][0].abs().total_cmp(&matrix[*b][0].abs()))
    {
        let line = matrix.swap_remove(pivot);
        log += line[0].abs().ln();
        let less = |row: Vec<f64>| (1..row.len()).map(|j| row[j] - row[0] / line[0] * line[j]).collect();
        matrix = matrix.into_iter().map(less).collect();
    }
    log
}

/// The derivatives of each number of `z` by each of `x` at one point, `[features, features]`, by as many rows of one batch.
fn jacobian(bijection: &dyn Bijection, x: &Tensor<2>, told: Option<&Tensor<2>>) -> Vec<Vec<f64>> {
    let features = x.dims()[1];
    let device = Device::flex().autodiff();
    let rows = Tensor::<2>::from_data(x.clone().repeat_dim(0, features).into_data(), &device).require_grad();
    let told = told.map(|told| Tensor::from_data(told.clone().repeat_dim(0, features).into_data(), &device));
    let [z, _] = bijection.normalise(rows.clone(), told.as_ref(), Mode::Infer);
    let each = (z * Tensor::<2>::eye(features, &device)).sum();
    let gradient = rows.grad(&each.backward()).expect("z should hang on x");
    floats(gradient).chunks(features).map(<[f64]>::to_vec).collect()
}

const PICTURE: [usize; 3] = [2, 4, 4];

fn cases() -> Vec<(Value, Vec<usize>)> {
    let convolutional = json!({ "kind": "convolutional", "channels": 8 });
    let residual = json!({ "kind": "residual", "channels": 4, "blocks": 1, "groups": 2 });
    let spline = json!({ "kind": "spline", "bins": 3 });
    let coupling = |element: &Value, conditioner: &Value, mask: &str| {
        json!({ "kind": "coupling",
        "element": element, "conditioner": conditioner, "mask": mask })
    };
    let affine = json!("affine");
    let step = json!(["actnorm", "linear", coupling(&affine, &convolutional, "halves")]);
    let of_pictures = [
        json!("actnorm"),
        json!("linear"),
        json!("squeeze"),
        json!("logit"),
        json!("split"),
        json!({ "kind": "split", "conditioner": convolutional }),
        coupling(&affine, &json!("perceptron"), "halves"),
        coupling(&affine, &convolutional, "halves"),
        coupling(&affine, &convolutional, "checkerboard"),
        coupling(&affine, &json!("perceptron"), "checkerboard"),
        coupling(&spline, &residual, "halves"),
        coupling(&spline, &convolutional, "checkerboard"),
        json!({ "kind": "repeated", "times": 1, "transforms": ["logit", "squeeze",
            { "kind": "repeated", "times": 2, "transforms": step }, { "kind": "split", "conditioner": convolutional },
            "squeeze", { "kind": "repeated", "times": 1, "transforms": step }] }),
    ];
    let points = ["actnorm", "linear", "logit", "split", "repeated"].map(|name| (json!(name), vec![5]));
    of_pictures.into_iter().map(|case| (case, PICTURE.to_vec())).chain(points).collect()
}

#[test]
fn each_is_a_bijection_whose_logarithm_is_that_of_its_jacobian() {
    for (transform, shape) in cases() {
        for told in [0, 2] {
            let features = shape.iter().product();
            let classes = (told > 0).then(|| Tensor::<2>::from_floats([[0.0, 1.0]], &Device::flex()));
            let mut one = built(&transform, &shape, told, &Device::flex()).expect("it fits").bijection;
            let values = stirred(one.parameters(), 0.2);
            one.set_parameters(&values);
            let x = normals(1, features, 1) * 0.4;
            let [z, log] = one.normalise(x.clone(), classes.as_ref(), Mode::Infer);
            let [back, log_back] = one.generate(z, classes.as_ref());
            let lost = largest(back - x.clone());
            assert!(lost < 2e-4, "{transform}, told {told}: {lost}");
            let log = floats(log)[0];
            assert!((log + floats(log_back)[0]).abs() < 2e-3, "{transform}");

            let mut other =
                built(&transform, &shape, told, &Device::flex().autodiff()).expect("it fits").bijection;
            other.set_parameters(&values);
            let expected = log_det(jacobian(&*other, &x, classes.as_ref()));
            assert!((log - expected).abs() < 2e-3, "{transform}, told {told}: {log} for {expected}");
        }
    }
}

/// Kingma and Dhariwal 2018, section 3.1.
#[test]
fn a_first_batch_leaves_actnorm_with_mean_zero_and_variance_one() {
    for (shape, features) in [(vec![2, 4, 4], 32), (vec![3], 3)] {
        let mut built = built(&json!("actnorm"), &shape, 0, &Device::flex()).expect("it fits").bijection;
        let x = normals(64, features, 1) * 3.0 + normals(1, features, 2).mean_dim(1) + 5.0;
        assert!(built.prepare(&x, None));
        let [z, _] = built.normalise(x, None, Mode::Infer);
        let channels = shape[0];
        let z = z.reshape([64, channels, features / channels]).swap_dims(0, 1).flatten::<2>(1, 2);
        let mean = z.clone().mean_dim(1);
        assert!(largest(mean.clone()) < 1e-4);
        assert!(largest((z - mean).square().mean_dim(1) - 1.0) < 1e-4);
    }
}

#[test]
fn a_linear_map_begins_as_a_rotation_and_its_logarithm_stays_that_of_its_matrix() {
    for channels in [1, 2, 7, 16] {
        let mut linear = built(&json!("linear"), &[channels], 0, &Device::flex()).expect("it fits").bijection;
        let matrix = |linear: &dyn Bijection| {
            let one = Tensor::<2>::eye(channels, &Device::flex());
            let [rows, log] = linear.normalise(one, None, Mode::Infer);
            (rows, floats(log)[0])
        };
        let (rows, log) = matrix(&*linear);
        let one = Tensor::<2>::eye(channels, &Device::flex());
        assert!(largest(rows.clone().matmul(rows.transpose()) - one) < 1e-5, "{channels} channels");
        assert!(log.abs() < 1e-5);

        linear.set_parameters(&stirred(linear.parameters(), 0.3));
        let (rows, log) = matrix(&*linear);
        let expected = log_det(floats(rows).chunks(channels).map(<[f64]>::to_vec).collect());
        assert!((log - expected).abs() < 1e-4, "{channels} channels: {log} for {expected}");
    }
}

/// The constants of a linear map are not in its weights: another seed of the weights must not change them.
#[test]
fn weights_of_a_linear_map_mean_the_same_whatever_the_seed_it_was_built_with() {
    let build = |seed| {
        let linear: TransformConfig = config::typed(json!("linear")).expect("a configuration");
        let place = Place { shape: vec![6], told: 0, number: 1 };
        linear.build(&place, &Init::new(seed, &Device::flex())).expect("it fits").bijection
    };
    let x = normals(2, 6, 1);
    let [[one, _], [two, _]] = [1, 2].map(|seed| build(seed).normalise(x.clone(), None, Mode::Infer));
    assert!(largest(one - two) < 1e-9);
}

#[test]
fn neighbouring_chessboards_change_the_fields_that_the_other_leaves() {
    let place = |number| Place { shape: vec![2, 3, 3], told: 0, number };
    let board = |number| Partition::of(Mask::Checkerboard, &place(number)).expect("it fits");
    let (one, two) = (board(0), board(1));
    assert_eq!(one.stays(), [0, 2, 4, 6, 8, 9, 11, 13, 15, 17]);
    assert_eq!((one.stays(), one.changes()), (two.changes(), two.stays()));
    let x = normals(2, 18, 1);
    for board in [one, two] {
        let [stays, changes] = board.split(&x);
        assert_eq!(board.join(stays, changes).into_data(), x.clone().into_data());
    }
}

#[test]
fn what_does_not_fit_is_refused_with_its_place() {
    let refused = |transform: Value, shape: &[usize]| {
        built(&transform, shape, 0, &Device::flex()).err().expect("it should be refused").to_string()
    };
    let odd = refused(json!("squeeze"), &[1, 7, 14]);
    assert!(odd.contains("`factor`") && odd.contains("7x14"), "{odd}");
    let twice = json!({ "kind": "repeated", "transforms": ["squeeze"] });
    assert!(refused(twice, &[1, 6, 6]).contains("`transforms.0.factor`"));
    assert!(refused(json!("squeeze"), &[4]).contains("pictures"));
    assert!(refused(json!("split"), &[1, 4, 4]).contains("squeeze"));
    assert!(refused(json!("coupling"), &[1]).contains("autoregressive"));
    let board = json!({ "kind": "coupling", "mask": "checkerboard" });
    assert!(refused(board.clone(), &[4]).contains("`mask`"));
    assert!(refused(board, &[4, 1, 1]).contains("`mask`"));
    let convolutional = json!({ "kind": "coupling", "conditioner": "convolutional" });
    assert!(refused(convolutional, &[4]).contains("`conditioner`"));
    let groups = json!({ "kind": "coupling", "conditioner": { "kind": "residual", "groups": 5 } });
    assert!(refused(groups, &[2, 4, 4]).contains("`conditioner.groups`"));
    assert!(refused(json!({ "kind": "logit", "alpha": 0.5 }), &[2]).contains("`alpha`"));
}
