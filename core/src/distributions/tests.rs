//! Distributions against scipy, against their own draws and against one another.

mod densities;
mod draws;
mod gradients;
mod rows;

use burn::prelude::*;
use burn::tensor::DType;

use super::*;
use crate::random::Purpose;

const KEY: Key = Key::new(3, Purpose::Noise, 0);

/// A row in double precision.
fn row<const N: usize>(values: [f64; N]) -> Tensor<2> {
    matrix([values])
}

fn matrix<const R: usize, const N: usize>(values: [[f64; N]; R]) -> Tensor<2> {
    let data = TensorData::new(values.as_flattened().to_vec(), [R, N]);
    Tensor::from_data(data, (&Device::flex(), DType::F64))
}

fn numbers<const D: usize>(x: Tensor<D>) -> Vec<f64> {
    x.cast(DType::F64).into_data().try_to_vec().expect("numbers")
}

/// Every family with a distribution function or known moments, by name, with the parameters that scipy was asked for.
fn families() -> Vec<(&'static str, Box<dyn Distribution>)> {
    let n = |x: f64| row([x]);
    let log_normal = Transformed::new(Normal::new(n(0.3), n(0.6)), Exp);
    vec![
        ("normal", Box::new(Normal::new(n(0.3), n(1.7)))),
        ("laplace", Box::new(Laplace::new(n(0.3), n(1.7)))),
        ("logistic", Box::new(Logistic::new(n(0.3), n(1.7)))),
        ("uniform", Box::new(Uniform::new(n(-2.0), n(3.0)))),
        ("student t", Box::new(StudentT::new(n(4.5), n(0.3), n(1.7)))),
        ("truncated normal", Box::new(TruncatedNormal::new(n(-0.4), n(0.8), n(-2.0), n(1.8)))),
        ("tail of a normal", Box::new(TruncatedNormal::new(n(0.0), n(1.0), n(4.0), n(6.0)))),
        ("gamma", Box::new(Gamma::new(n(2.3), n(1.6)))),
        ("gamma below 1", Box::new(Gamma::new(n(0.3), n(1.6)))),
        ("beta", Box::new(Beta::new(n(2.3), n(0.8)))),
        ("log-normal", Box::new(log_normal)),
    ]
}
