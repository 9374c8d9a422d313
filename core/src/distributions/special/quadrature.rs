//! Integrals of smooth functions that decay, by a fixed rule.

use burn::prelude::*;

/// Points of the rule.
const POINTS: usize = 40;

/// `∫₀^S f(s) ds` for each of `n` numbers `S`, `[n, 1]`: `f` takes places `[n, points]` and gives its values there.
///
/// By the rule of Gauss and Legendre in `√(s/S)`, which looks closest where `s` is small. The bound is taken as it is: it has no gradient.
pub(crate) fn integral(bound: Tensor<2>, f: impl FnOnce(Tensor<2>) -> Tensor<2>) -> Tensor<2> {
    let (nodes, weights): (Vec<f64>, Vec<f64>) = gauss_legendre(POINTS).into_iter().unzip();
    let bound = bound.detach();
    let row = |values: Vec<f64>| {
        let data = TensorData::new(values, [1, POINTS]);
        Tensor::<2>::from_data(data, (&bound.device(), bound.dtype()))
    };
    let places = bound.clone() * row(nodes.iter().map(|v| v * v).collect());
    let weights = row(nodes.iter().zip(weights).map(|(v, w)| 2.0 * v * w).collect());
    (f(places) * weights).sum_dim(1) * bound
}

/// Nodes and weights on `[0, 1]`: roots of Legendre's polynomial by Newton's method.
fn gauss_legendre(points: usize) -> Vec<(f64, f64)> {
    let node = |i: usize| {
        let mut x = libm::cos(std::f64::consts::PI * (i as f64 + 0.75) / (points as f64 + 0.5));
        for _ in 0..8 {
            let (value, slope) = legendre(points, x);
            x -= value / slope;
        }
        let slope = legendre(points, x).1;
        (0.5 * (1.0 - x), 1.0 / ((1.0 - x * x) * slope * slope))
    };
    (0..points).map(node).collect()
}

/// Legendre's polynomial and its derivative.
fn legendre(degree: usize, x: f64) -> (f64, f64) {
    let (mut before, mut value) = (1.0, x);
    for k in 2..=degree {
        let k = k as f64;
        (before, value) = (value, ((2.0 * k - 1.0) * x * value - (k - 1.0) * before) / k);
    }
    (value, degree as f64 * (x * value - before) / (x * x - 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A rule of `n` points is exact for polynomials below degree `2n`.
    #[test]
    fn the_rule_integrates_powers_exactly() {
        let rule = gauss_legendre(POINTS);
        for power in [0, 1, 7, 40, 79] {
            let found: f64 = rule.iter().map(|(x, w)| w * x.powi(power)).sum();
            assert!((found * f64::from(power + 1) - 1.0).abs() < 1e-12, "{power}: {found}");
        }
    }
}
