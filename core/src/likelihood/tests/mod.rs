//! Data whose density and denoiser are known: Gaussians, and mixtures of them in the plane.

mod bound;
mod ode;

use burn::prelude::*;
use burn::tensor::DType;
use burn::tensor::activation::softmax;

use super::*;
use crate::metrics::mean_std;

/// An isotropic component of a mixture.
pub struct Component {
    weight: f64,
    mean: [f64; 2],
    var: f64,
}

/// Three components of different sizes, none on an axis.
pub static MIXTURE: [Component; 3] = [
    Component { weight: 0.5, mean: [1.0, 0.7], var: 0.09 },
    Component { weight: 0.3, mean: [-0.8, 0.9], var: 0.04 },
    Component { weight: 0.2, mean: [0.2, -1.1], var: 0.25 },
];

fn doubles<const N: usize>(rows: &[[f64; N]]) -> Tensor<2> {
    let values: Vec<f64> = rows.iter().flatten().copied().collect();
    Tensor::from_data(TensorData::new(values, [rows.len(), N]), (&Device::flex(), DType::F64))
}

/// `log N(x; mean, (var + σ²) I)` of each row, `[batch, 1]`.
fn log_normal(x: &Tensor<2>, component: &Component, sigma: f64) -> Tensor<2> {
    let total = component.var + sigma * sigma;
    let away = |i: usize| (x.clone().narrow(1, i, 1) - component.mean[i]).square();
    (away(0) + away(1)) * (-0.5 / total) - (std::f64::consts::TAU * total).ln()
}

/// `ln w_k + log N_k` of each row and component, `[batch, components]`.
fn joint(x: &Tensor<2>, mixture: &[Component], sigma: f64) -> Tensor<2> {
    Tensor::cat(mixture.iter().map(|k| log_normal(x, k, sigma) + k.weight.ln()).collect(), 1)
}

/// The exact log-density of data with noise `sigma`.
pub fn exact(x: &Tensor<2>, mixture: &[Component], sigma: f64) -> Vec<f64> {
    read(joint(x, mixture, sigma).exp().sum_dim(1).log().reshape([-1]))
}

/// `D(x; σ) = Σ_k r_k (v_k x + σ² μ_k)/(v_k + σ²)`, `r` the posterior of the components.
pub fn ideal(mixture: &[Component], x: Tensor<2>, sigma: f64) -> Tensor<2> {
    let r = softmax(joint(&x, mixture, sigma), 1);
    let means = mixture.iter().enumerate().map(|(k, component)| {
        let total = component.var + sigma * sigma;
        let along = |i: usize| {
            x.clone().narrow(1, i, 1) * (component.var / total) + component.mean[i] * sigma * sigma / total
        };
        r.clone().narrow(1, k, 1) * Tensor::cat(vec![along(0), along(1)], 1)
    });
    means.reduce(|a, b| a + b).expect("a mixture should have a component")
}

/// A process of the mixture, from a level so high that the prior's mean does not matter.
pub fn process(mixture: &'static [Component]) -> Process {
    Process {
        denoiser: Box::new(move |x: Tensor<2>, sigma: f64| ideal(mixture, x, sigma)),
        sigma_data: 1.0,
        range: [0.01, 1e5],
        table: None,
    }
}

pub fn read(tensor: Tensor<1>) -> Vec<f64> {
    tensor.into_data().iter::<f64>().collect()
}

/// Judges to the end.
pub fn judge(method: &LikelihoodConfig, process: Process, rows: Tensor<2>, query: &Query) -> Vec<f64> {
    let mut estimation = method.begin(process, rows, query).expect("a query that fits");
    read(finish(&mut *estimation).expect("an estimate"))
}

/// A method as a configuration writes it.
pub fn method(value: serde_json::Value) -> LikelihoodConfig {
    crate::config::typed(value).expect("a method")
}

/// Mean, and its standard error.
pub fn mean(values: &[f64]) -> (f64, f64) {
    let (mean, std) = mean_std(values);
    (mean, std / (values.len() as f64).sqrt())
}

/// `Σ log ∫_cell N(x'; mean, std²) dx'` over the features of each row of bytes, `[batch]`.
pub fn log_mass(rows: &Tensor<2>, mean: f64, std: f64) -> Tensor<1> {
    let everywhere = |value: f64| rows.zeros_like() + value;
    Cells::BYTES.log_masses(rows, everywhere(mean), everywhere(std)).sum_dim(1).reshape([-1])
}

#[test]
fn cells_of_bytes_are_known_and_their_masses_make_one() {
    let cells = Cells::BYTES;
    assert!((cells.width() * 127.5 - 1.0).abs() < 1e-15);
    let bytes: Vec<f32> = (0..=255_u8).map(|byte| f32::from(byte) / 127.5 - 1.0).collect();
    assert!(cells.hold(&bytes));
    for stray in [0.001, 1.1, -1.02, f32::NAN] {
        assert!(!cells.hold(&[bytes[3], stray]), "{stray}");
    }
    let rows: Vec<[f64; 1]> = (0..256).map(|byte| [f64::from(byte) / 127.5 - 1.0]).collect();
    for (mean, std) in [(0.3, 0.002), (-0.999, 0.02), (1.4, 0.5), (0.0, 3.0)] {
        let rows = doubles(&rows);
        let mass = log_mass(&rows, mean, std).exp().sum().into_scalar::<f64>();
        assert!((mass - 1.0).abs() < 1e-6, "N({mean}, {std}²) has {mass}");
    }
}

#[test]
fn dequantised_rows_fill_their_cells_evenly() {
    let noise = Noise { seed: 4, first: 0, rows: 500, features: 40, device: Device::flex() };
    let rows = Tensor::<2>::zeros([500, 40], (&Device::flex(), DType::F64));
    let u = read((Cells::BYTES.spread(rows, &noise) / Cells::BYTES.width()).reshape([-1]));
    assert!(u.iter().all(|u| u.abs() <= 0.5));
    let n = u.len() as f64;
    let [m1, m2] = [1, 2].map(|k| u.iter().map(|u| u.powi(k)).sum::<f64>() / n);
    assert!(m1.abs() < 4.0 * (1.0 / 12.0 / n).sqrt() && (m2 * 12.0 - 1.0).abs() < 0.03, "{m1} {m2}");
}

#[test]
fn an_even_distribution_of_bytes_costs_eight_bits() {
    let log_prob = -784.0 * 256.0_f64.ln();
    assert!((bits_per_dim(log_prob, 784) - 8.0).abs() < 1e-12);
}
