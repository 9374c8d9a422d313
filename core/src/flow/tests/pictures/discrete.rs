//! Bases, levels that leave, and data of levels: densities by hand and by quadrature.

use super::*;
use crate::likelihood::{Cells, Exact, LikelihoodConfig, Query, bits_per_dim, finish};
use crate::model::Model;
use crate::samplers::Noise;

use bases::BaseConfig;

fn noise(rows: usize, features: usize) -> Noise {
    Noise { seed: 3, first: 0, rows, features, device: Device::flex() }
}

fn chain(config: &Value, shape: &[usize]) -> Chain {
    let config: FlowConfig = config::typed(config.clone()).expect("a configuration");
    let interface = Interface::new(shape.to_vec(), Vec::new());
    Chain::build(&config, &interface, &Init::new(3, &Device::flex())).expect("it fits")
}

fn base(config: Value, features: usize, told: usize) -> Box<dyn bases::Base> {
    let config: BaseConfig = config::typed(config).expect("a configuration");
    let mut base = config.build(features, told, &Init::new(3, &Device::flex())).expect("it fits");
    let values = stirred(base.parameters(), 0.4);
    base.set_parameters(&values);
    base
}

/// What leaves is of the Gaussian that the others say: for `[x_a, x_b]` with `x_b ~ N(−t e^−r, e^−2r)`.
#[test]
fn the_density_of_what_leaves_is_the_gaussian_that_the_others_say() {
    let mut chain = chain(&json!({ "transforms": ["split"], "repeat": 1 }), &[2]);
    chain.set_parameters(&stirred(chain.parameters(), 0.3));
    let x = normals(6, 2, 9);
    let log_prob = floats(chain.log_prob(x.clone(), None, Mode::Infer));
    // Where the others say zero and one, the element tells scale and shift.
    let probe = |b: f32| {
        let b = Tensor::full([6, 1], b, &Device::flex());
        let [z, log] = chain.normalise(Tensor::cat(vec![x.clone().narrow(1, 0, 1), b], 1), None, Mode::Infer);
        (floats(z.narrow(1, 1, 1)), floats(log))
    };
    let ((shift, scale), values) = (probe(0.0), floats(x));
    for row in 0..6 {
        let (a, b) = (values[2 * row], values[2 * row + 1]);
        let (mean, deviation) = (-shift[row] * (-scale[row]).exp(), (-scale[row]).exp());
        let normal = |x: f64, mean: f64, std: f64| {
            -0.5 * ((x - mean) / std).powi(2) - std.ln() - 0.5 * std::f64::consts::TAU.ln()
        };
        let expected = normal(a, 0.0, 1.0) + normal(b, mean, deviation);
        assert!((log_prob[row] - expected).abs() < 1e-4, "{} for {expected}", log_prob[row]);
    }
}

#[test]
fn densities_of_bases_have_mass_one_and_their_draws_the_moments_that_they_say() {
    for config in [json!("learned"), json!({ "kind": "mixture", "components": 3 })] {
        for told in [0, 2] {
            let base = base(config.clone(), 1, told);
            let class =
                |rows: usize| (told > 0).then(|| one_hot(&vec![Some(1); rows], told, &Device::flex()));
            let (steps, width) = (4000, 40.0 / 4000.0);
            let grid: Vec<f32> = (0..steps).map(|i| (-20.0 + (f64::from(i) + 0.5) * width) as f32).collect();
            let x = Tensor::<1>::from_floats(grid.as_slice(), &Device::flex()).reshape([grid.len(), 1]);
            let density = base.log_prob(x, class(grid.len()).as_ref());
            let density: Vec<f64> = floats(density).into_iter().map(f64::exp).collect();
            let moment = |power: i32| -> f64 {
                density.iter().zip(&grid).map(|(p, x)| p * f64::from(*x).powi(power) * width).sum()
            };
            assert!((moment(0) - 1.0).abs() < 1e-4, "{config:?}: {}", moment(0));
            let drawn = floats(base.draw(&noise(8000, 1), class(8000).as_ref()));
            let mean = drawn.iter().sum::<f64>() / 8000.0;
            let square = drawn.iter().map(|x| x * x).sum::<f64>() / 8000.0;
            // Five standard errors of the mean; the second moment's is at most some three times as large.
            let error = 5.0 * (moment(2) / 8000.0).sqrt();
            assert!((mean - moment(1)).abs() < error, "{config:?}, told {told}: {mean} for {}", moment(1));
            assert!(
                (square / moment(2) - 1.0).abs() < 0.1,
                "{config:?}, told {told}: {square} for {}",
                moment(2)
            );
        }
    }
}

/// A flow that does nothing: the bits of a byte are those of the standard normal's density in its cell.
#[test]
fn bits_of_a_flow_that_does_nothing_are_the_normals() {
    let config = json!({ "transforms": ["squeeze"], "repeat": 1, "dequantisation": "uniform" });
    let config: FlowConfig = config::typed(config).expect("a configuration");
    let interface = Interface::new(vec![1, 4, 4], Vec::new());
    let network = config.network(&interface, &Init::new(1, &Device::flex())).expect("a network");
    let model: Box<dyn Model> = config.model(&interface, network, &Device::flex()).expect("a model");
    let rows = Tensor::<2>::full([3, 16], Cells::BYTES.width() * 40.0 - 1.0, &Device::flex());
    let likelihood = model.likelihood().expect("a flow has one");
    let x = Cells::BYTES.width() * 40.0 - 1.0;
    let expected =
        (0.5 * x * x + 0.5 * std::f64::consts::TAU.ln() - Cells::BYTES.width().ln()) / std::f64::consts::LN_2;
    for cells in [None, Some(Cells::BYTES)] {
        let query = Query { cells, ..Query::default() };
        let mut estimation = likelihood.judge(rows.clone(), &query).expect("it fits");
        for log_prob in floats(finish(&mut *estimation).expect("an estimate")) {
            let bits = bits_per_dim(log_prob, 16);
            assert!((bits - expected).abs() < 0.01, "{bits} for {expected}");
        }
    }
}

/// In the mean, more points of a cell bound its mass more tightly.
#[test]
fn more_points_of_a_cell_come_closer_to_its_mass() {
    let config = json!({ "transforms": ["squeeze"], "repeat": 1, "dequantisation": { "kind": "uniform", "levels": 3 } });
    let config: FlowConfig = config::typed(config).expect("a configuration");
    let interface = Interface::new(vec![1, 2, 2], Vec::new());
    let network = config.network(&interface, &Init::new(1, &Device::flex())).expect("a network");
    let model: Box<dyn Model> = config.model(&interface, network, &Device::flex()).expect("a model");
    let likelihood = model.likelihood().expect("a flow has one");
    let rows = Tensor::<2>::ones([400, 4], &Device::flex());
    let bound = |draws: usize| {
        let method = LikelihoodConfig::Exact(Exact { draws });
        let query = Query { method: Some(method), ..Query::default() };
        let mut estimation = likelihood.judge(rows.clone(), &query).expect("it fits");
        floats(finish(&mut *estimation).expect("an estimate")).into_iter().sum::<f64>() / 400.0
    };
    // The cell of each number reaches from a half to one and a half.
    let below = |z: f64| 0.5 * libm::erfc(-z / std::f64::consts::SQRT_2);
    let exact = 4.0 * (below(1.5) - below(0.5)).ln();
    let [one, some, many] = [1, 8, 200].map(bound);
    assert!(one < some - 0.02 && some < exact && (many - exact).abs() < 0.01, "{one} {some} {many}: {exact}");
}

/// Importance sampling: the mean of `p(y)/q(y|x)` over draws is the cells' mass, and that of its logarithm no more.
#[test]
fn a_learnt_dequantisation_bounds_the_mass_of_the_cells_and_is_right_in_the_mean() {
    let levels = 4;
    let cells = Cells { low: -1.0, high: 1.0, count: levels };
    let perceptron = json!({ "kind": "perceptron", "hidden": [4] });
    for dequantisation in [
        json!({ "kind": "uniform", "levels": levels }),
        json!({ "kind": "variational", "levels": levels, "conditioner": perceptron }),
    ] {
        let config = json!({ "transforms": ["actnorm"], "repeat": 1, "dequantisation": dequantisation });
        let mut chain = chain(&config, &[2]);
        let mut values = stirred(chain.parameters(), 0.3);
        // Noise wide enough to come near the cell's ends: otherwise few draws would stand for much of the mass.
        let wide = Tensor::<1>::from_floats([1.5, 1.5, 0.0, 0.0], &Device::flex());
        for (value, named) in values.iter_mut().zip(chain.parameters()) {
            if named.path == "dequantisation.output.bias" {
                *value = value.clone() + wide.clone();
            }
        }
        chain.set_parameters(&values);
        let rows = 20_000;
        let x = Tensor::<2>::from_floats([[-1.0 / 3.0, 1.0]], &Device::flex());
        let [y, more] = chain.spread(x.clone().repeat_dim(0, rows), &noise(rows, 2), Mode::Infer);
        let away = (y.clone() - x.clone()).abs().max().into_scalar::<f32>();
        assert!(f64::from(away) <= cells.width() / 2.0 + 1e-6);
        let log = floats(chain.log_prob(y, None, Mode::Infer) + more);
        // The flow is a scale and a shift: the mass of a cell is a difference of normal distribution functions.
        let half = cells.width() / 2.0;
        let ends = Tensor::cat(vec![x.clone() - half, x + half], 0);
        let ends = floats(chain.normalise(ends, None, Mode::Infer)[0].clone());
        let below = |z: f64| 0.5 * libm::erfc(-z / std::f64::consts::SQRT_2);
        let exact = ((below(ends[2]) - below(ends[0])) * (below(ends[3]) - below(ends[1]))).ln();
        let bound = log.iter().sum::<f64>() / rows as f64;
        let mean = (log.iter().map(|log| log.exp()).sum::<f64>() / rows as f64).ln();
        println!("{dequantisation}: bound {bound:.4}, mean {mean:.4}, exact {exact:.4}");
        assert!(bound < exact + 1e-3, "{bound} for {exact}");
        assert!((mean - exact).abs() < 0.02, "{mean} for {exact}");
    }
}

/// A model that is told classes encodes and decodes as one that is told none of them.
#[test]
fn latents_of_a_model_with_classes_are_those_of_no_class() {
    let conditioner = json!({ "kind": "convolutional", "channels": 4 });
    let coupling = json!({ "kind": "coupling", "conditioner": conditioner });
    let config =
        json!({ "transforms": ["squeeze", coupling], "repeat": 1, "base": "learned", "label_dropout": 0.5 });
    let config: FlowConfig = config::typed(config).expect("a configuration");
    let interface = Interface::new(vec![1, 4, 4], vec!["a".into(), "b".into()]);
    let mut network = config.network(&interface, &Init::new(1, &Device::flex())).expect("a network");
    network.set_parameters(&stirred(network.parameters(), 0.3));
    let model = config.model(&interface, network, &Device::flex()).expect("a model");
    let codec = model.codec().expect("a flow has latents");
    let x = normals(3, 16, 1);
    let back = codec.decode(codec.encode(x.clone()));
    assert!(largest(back - x) < 1e-4);
}

/// Where in its cell a number lies must not say whether the class is hidden.
#[test]
fn what_is_hidden_says_nothing_of_the_noise_within_cells() {
    const ROWS: usize = 4000;
    let config = json!({ "transforms": ["actnorm"], "dequantisation": "uniform", "label_dropout": 0.5 });
    let config: FlowConfig = config::typed(config).expect("a configuration");
    let interface = Interface::new(vec![1], vec!["a".into(), "b".into()]);
    let own = Chain::build(&config, &interface, &Init::new(1, &Device::flex())).expect("it fits");
    let batch = Batch { x: vec![0.0; ROWS], shape: vec![1], class: Some(vec![1; ROWS]), first: 0 };
    let device = Device::flex();
    let ([x, _], told) = config.read(&own, &batch, &Learning::new(3, Mode::Infer, &device));
    let told = floats(told.expect("it is told classes").sum_dim(1));
    let places = floats(x).into_iter().map(|x| x / Cells::BYTES.width() * 12.0_f64.sqrt());
    // Both are of variance one, and their product's mean is their correlation.
    let correlation = told.iter().zip(places).map(|(told, place)| (2.0 * told - 1.0) * place).sum::<f64>();
    let correlation = correlation / ROWS as f64;
    assert!(correlation.abs() < 4.0 / (ROWS as f64).sqrt(), "{correlation}");
}
