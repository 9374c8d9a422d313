use super::*;
use burn::tensor::DType;

fn matrix(inputs: usize, outputs: usize, seed: u64) -> Tensor<2> {
    Key::new(seed, Purpose::Metric, 0).normal_rows(inputs, outputs, &Device::flex()).cast(DType::F64)
}

fn number<const D: usize>(x: Tensor<D>) -> f64 {
    x.into_data().iter::<f64>().next().expect("a number")
}

/// By power iteration, which is from below.
#[test]
fn the_bound_of_a_singular_value_is_above_it_and_near() {
    for [inputs, outputs] in [[1, 1], [2, 64], [64, 64], [64, 3]] {
        let weight = matrix(inputs, outputs, 1);
        let gram = weight.clone().matmul(weight.clone().transpose());
        let v = (0..3000).fold(matrix(inputs, 1, 2), |v, _| {
            let v = gram.clone().matmul(v);
            v.clone() / v.square().sum().sqrt().reshape([1, 1])
        });
        let truly = number(gram.matmul(v).square().sum().sqrt().sqrt());
        let ratio = number(singular(&weight)) / truly;
        println!("{inputs} to {outputs}: {ratio}");
        assert!((1.0 - 1e-9..1.035).contains(&ratio), "{inputs} to {outputs}: {ratio}");
    }
    assert!(number(singular(&matrix(3, 3, 1).zeros_like())).is_finite());
}

/// The estimates of the determinant, of many probes and lengths of the series, against elimination.
#[test]
fn the_series_is_without_bias() {
    const ROWS: usize = 4000;
    let layers = [[3, 8, 5], [8, 3, 6]].map(|[inputs, outputs, seed]| {
        let weight = matrix(inputs, outputs, seed as u64);
        let weight = weight.clone() * (singular(&weight).recip() * 0.9);
        (weight, matrix(1, outputs, 9))
    });
    let g = Perceptron { layers: layers.into(), smooth: Smooth::LipSwish };
    let pass = g.at(matrix(1, 3, 7).repeat_dim(0, ROWS));
    let wanted = number(eliminated(g.jacobian(&pass)));
    let (mut sum, mut square) = (0.0, 0.0);
    let keys = (0..40).map(|seed| Key::new(seed, Purpose::Metric, 5));
    for key in keys.clone() {
        let v = key.normal_rows(ROWS, 3, &Device::flex()).cast(DType::F64);
        let found = number(series(&g, &pass, v, &roulette(key)).mean());
        (sum, square) = (sum + found, square + found * found);
    }
    let (mean, count) = (sum / 40.0, 40.0_f64);
    let error = ((square / count - mean * mean) / count).sqrt();
    println!("{mean:.4} ± {error:.4}, {wanted:.4}");
    assert!((mean - wanted).abs() < 4.0 * error + 1e-3, "{mean} ± {error}, not {wanted}");
    let v = matrix(ROWS, 3, 11);
    let whole = number(series(&g, &pass, v, &[1.0; TERMS]).mean());
    assert!((whole - wanted).abs() < 0.02, "{whole}, not {wanted}");
}
