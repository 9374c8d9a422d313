//! Bounds against the exact likelihood of a linear Gaussian model: probabilistic principal components.
//!
//! ```text
//! x = W z + b + σ n,   p(x) = N(b, W Wᵀ + σ² I),   q(z|x) = N(S Wᵀ(x − b)/σ², S),   S = (WᵀW/σ² + 1)⁻¹
//! ```
//!
//! Tipping and Bishop 1999, <https://doi.org/10.1111/1467-9868.00196>. The columns of `W` are orthogonal, so `S` is diagonal.

use super::*;
use crate::likelihood::{Cells, LikelihoodConfig, Query, finish};
use crate::model::Model;

const W: [[f64; 3]; 2] = [[1.0, 1.0, 0.0], [0.5, -0.5, 1.0]];
const B: [f64; 3] = [0.3, -0.2, 0.1];
const STD: f64 = 0.5;

fn length(w: [f64; 3]) -> f64 {
    w.iter().map(|w| w * w).sum()
}

/// `ln N(x; b, W Wᵀ + σ² I)`, along the columns of `W` and across.
fn exact(x: &[f64]) -> f64 {
    let away: Vec<f64> = x.iter().zip(B).map(|(x, b)| x - b).collect();
    let rest = STD * STD;
    let mut left: f64 = away.iter().map(|x| x * x).sum();
    let mut sum = 3.0 * std::f64::consts::TAU.ln() + rest.ln();
    for w in W {
        let along = w.iter().zip(&away).map(|(w, x)| w * x).sum::<f64>().powi(2) / length(w);
        let variance = length(w) + rest;
        sum += variance.ln() + along / variance;
        left -= along;
    }
    -0.5 * (sum + left / rest)
}

/// The model, with a posterior that is off by this much in mean and logarithm of variance.
fn principal(off: [f64; 2], objective: &Value) -> (VaeConfig, Box<dyn Network>, Interface) {
    let config = json!({ "latents": 2, "network": { "kind": "mlp", "hidden": [] }, "objective": objective,
        "decoder": { "kind": "gaussian", "scale": "fixed", "std": STD } });
    let config: VaeConfig = config::typed(config).expect("a configuration");
    let interface = Interface::new(vec![3], Vec::new());
    let mut network = config.network(&interface, &Init::new(0, &Device::flex())).expect("a network");
    let s = W.map(|w| 1.0 / (length(w) / (STD * STD) + 1.0));
    let gain = |k: usize, i: usize| s[k] * W[k][i] / (STD * STD);
    // Inputs by outputs: two means, two logarithms of variances.
    let weight: Vec<f64> = (0..3).flat_map(|i| [gain(0, i), gain(1, i), 0.0, 0.0]).collect();
    let at_b = |k: usize| -(0..3).map(|i| gain(k, i) * B[i]).sum::<f64>();
    let bias = [at_b(0) + off[0], at_b(1) + off[0], s[0].ln() + off[1], s[1].ln() + off[1]];
    let value = |named: Named| {
        let values: Vec<f64> = match named.path.as_str() {
            "encoder.layers.0.weight" => weight.clone(),
            "encoder.layers.0.bias" => bias.to_vec(),
            "decoder.layers.0.weight" => W.as_flattened().to_vec(),
            "decoder.layers.0.bias" => B.to_vec(),
            other => panic!("{other}"),
        };
        let values: Vec<f32> = values.into_iter().map(|value| value as f32).collect();
        Tensor::from_floats(values.as_slice(), &Device::flex())
    };
    let values: Vec<Tensor<1>> = network.parameters().into_iter().map(value).collect();
    network.set_parameters(&values);
    (config, network, interface)
}

fn model(off: [f64; 2]) -> Box<dyn Model> {
    let (config, network, interface) = principal(off, &json!("elbo"));
    config.model(&interface, network, &Device::flex()).expect("a model")
}

/// Samples of the model.
fn data(count: usize) -> Tensor<2> {
    let device = Device::flex();
    let w = rows(&W.map(|w| w.map(|w| w as f32)));
    let b = rows(&[B.map(|b| b as f32)]);
    normals(0, [count, 2], &device).matmul(w) + b + normals(1, [count, 3], &device) * STD
}

fn judged(model: &dyn Model, x: &Tensor<2>, samples: usize, query: Query) -> Vec<f64> {
    let method = json!({ "kind": "importance", "samples": samples });
    let method: LikelihoodConfig = config::typed(method).expect("a method");
    let query = Query { method: Some(method), ..query };
    let mut estimation = model.likelihood().expect("a likelihood").judge(x.clone(), &query).expect("a start");
    numbers(finish(&mut *estimation).expect("numbers"))
}

#[test]
fn with_the_true_posterior_each_draw_gives_the_exact_likelihood() {
    let (model, x) = (model([0.0, 0.0]), data(50));
    let wanted: Vec<f64> = numbers(x.clone()).chunks(3).map(exact).collect();
    for samples in [1, 3, 101] {
        let found = judged(&*model, &x, samples, Query { seed: 5, ..Query::default() });
        for (found, wanted) in found.iter().zip(&wanted) {
            assert!((found - wanted).abs() < 1e-4, "{samples}: {found} {wanted}");
        }
    }
}

/// Burda et al. 2016, Theorem 1.
#[test]
fn bounds_rise_from_the_evidence_lower_bound_to_the_likelihood() {
    let off = [0.3, 0.8];
    let (model, x) = (model(off), data(1000));
    let wanted = mean(&numbers(x.clone()).chunks(3).map(exact).collect::<Vec<_>>());
    let bound = |samples| mean(&judged(&*model, &x, samples, Query::default()));
    let (elbo, five, many) = (bound(1), bound(5), bound(1000));
    println!("{elbo:.4} {five:.4} {many:.4} of {wanted:.4}");
    assert!(elbo + 0.1 < five && five + 0.02 < many && many < wanted + 5e-3 && wanted - many < 0.02);
    // The gap is the divergence of the posterior from the true one, known in numbers.
    let gap: f64 = W
        .map(|w| {
            let s = 1.0 / (length(w) / (STD * STD) + 1.0);
            0.5 * (off[0].powi(2) / s + off[1].exp() - 1.0 - off[1])
        })
        .iter()
        .sum();
    let batch =
        Batch { x: numbers(x).iter().map(|x| *x as f32).collect(), shape: vec![3], class: None, first: 0 };
    let device = Device::flex();
    let loss = |objective: Value| {
        let (config, network, interface) = principal(off, &objective);
        let draws = (0..20).map(|seed| {
            let learning = Learning::new(seed, Mode::Infer, &device);
            -numbers(config.loss(&*network, &interface, &batch, &learning))[0]
        });
        mean(&draws.collect::<Vec<_>>())
    };
    let found = loss(json!("elbo"));
    assert!((wanted - found - gap).abs() < 0.02, "{found} {wanted} {gap}");
    let [one, ten] = [1, 10].map(|samples| loss(json!({ "kind": "iwae", "samples": samples })));
    assert!((one - found).abs() < 0.05 && ten > one + 0.1 && ten < wanted, "{one} {ten}");
}

#[test]
fn a_row_is_judged_alike_in_any_batch_and_cells_are_densities_times_their_width() {
    let (model, x) = (model([0.3, 0.8]), data(6));
    let all = judged(&*model, &x, 7, Query::default());
    let some = judged(&*model, &x.clone().narrow(0, 2, 3), 7, Query { first: 2, ..Query::default() });
    for (all, some) in all[2..].iter().zip(some) {
        assert!((all - some).abs() < 1e-5, "{all} {some}");
    }
    let cells = Cells { low: -1.0, high: 1.0, count: 20_001 };
    let within = judged(&*model, &x, 7, Query { cells: Some(cells), ..Query::default() });
    for (all, within) in all.iter().zip(within) {
        assert!((all + 3.0 * cells.width().ln() - within).abs() < 2e-3, "{all} {within}");
    }
    let refused = |query: Query| {
        model.likelihood().expect("one").judge(x.clone(), &query).err().expect("no").to_string()
    };
    let ode = LikelihoodConfig::named("ode").expect("registered");
    assert!(refused(Query { method: Some(ode), ..Query::default() }).contains("take `importance`"));
    assert!(refused(Query { classes: Some(vec![0; 6]), ..Query::default() }).contains("no classes"));
}
