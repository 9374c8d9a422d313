//! Quantisers against what their papers say of them, in numbers.

use serde_json::{Value, json};

use super::clusters::{chosen, gathered, k_means, numbers};
use super::*;
use crate::codebook::{perplexity, tally, used};
use crate::config;
use crate::random::Purpose;

fn tensor(values: &[f32], width: usize) -> Tensor<2> {
    let shape = [values.len() / width, width];
    Tensor::from_data(TensorData::new(values.to_vec(), shape), &Device::flex())
}

fn normal(rows: usize, width: usize, seed: u64) -> Tensor<2> {
    Key::new(seed, Purpose::Data, 0).normal_rows(rows, width, &Device::flex())
}

fn floats<const D: usize>(x: Tensor<D>) -> Vec<f32> {
    x.into_data().try_to_vec().expect("floats")
}

fn near(found: &[f32], wanted: &[f32], within: f32) {
    assert_eq!(found.len(), wanted.len());
    for (i, (found, wanted)) in found.iter().zip(wanted).enumerate() {
        assert!((found - wanted).abs() <= within, "number {i}: {found} {wanted}");
    }
}

fn built(config: Value, dimensions: usize) -> Box<dyn Quantiser> {
    let config: QuantiserConfig = config::typed(config).expect("a configuration");
    config.build(dimensions, &Init::new(1, &Device::flex())).expect("a quantiser")
}

/// A quantiser of these codes, counts and sums.
fn with(config: Value, codes: &[f32], counts: &[f32], dimensions: usize) -> Box<dyn Quantiser> {
    let mut quantiser = built(config, dimensions);
    let flat = |values: &[f32]| tensor(values, 1).reshape([-1]);
    let counted: Vec<f32> = codes.iter().enumerate().map(|(i, code)| code * counts[i / dimensions]).collect();
    quantiser.set_parameters(&[flat(codes), flat(counts), flat(&counted)]);
    quantiser
}

fn key() -> Key {
    Key::new(3, Purpose::Coupling, 0)
}

fn gradient_of(z: &Tensor<2>, loss: impl FnOnce(Tensor<2>) -> Tensor<1>) -> Vec<f32> {
    let z = z.clone().autodiff().require_grad();
    let gradients = loss(z.clone()).backward();
    floats(z.grad(&gradients).expect("a gradient"))
}

#[test]
fn the_straight_gradient_is_that_at_the_code() {
    let codes = [1.0, 0.0, -1.0, 0.5, 0.0, -2.0];
    let quantiser = with(json!({ "kind": "vq", "codes": 3 }), &codes, &[1.0; 3], 2);
    let z = tensor(&[0.7, 0.2, -0.6, 0.1, 0.1, -1.0], 2);
    let target = tensor(&[0.3, -0.4, 0.9, 0.0, 0.5, 0.5], 2);
    let found = gradient_of(&z, |z| {
        let target = target.clone().autodiff();
        (quantiser.quantise(z).vectors - target).powi_scalar(4).sum()
    });
    let q = quantiser.quantise(z).vectors;
    near(&floats(q.clone()), &[1.0, 0.0, -1.0, 0.5, 0.0, -2.0], 0.0);
    near(&found, &floats((q - target).powi_scalar(3) * 4.0), 1e-4);
}

/// `∂q_i/∂z_j = λ R_ij`, by one gradient for each `i`, against the formula on the host; `RᵀR = I`, and `λ R z = q`.
#[test]
fn the_rotation_turns_and_stretches() {
    let codes = [0.5_f64, -1.5, 0.25];
    let z = [1.0_f64, -0.4, 0.8];
    let config = json!({ "kind": "vq", "codes": 1, "pass": "rotation" });
    let quantiser = with(config, &codes.map(|x| x as f32), &[1.0], 3);
    let length = |x: &[f64; 3]| x.iter().map(|x| x * x).sum::<f64>().sqrt();
    let (zn, qn) = (length(&z), length(&codes));
    let (from, to) = (z.map(|x| x / zn), codes.map(|x| x / qn));
    let between: [f64; 3] = std::array::from_fn(|i| from[i] + to[i]);
    let r = between.map(|x| x / length(&between));
    let formula = |i: usize, j: usize| {
        let one = if i == j { 1.0 } else { 0.0 };
        qn / zn * (one - 2.0 * r[i] * r[j] + 2.0 * to[i] * from[j])
    };
    let row = tensor(&z.map(|x| x as f32), 3);
    let jacobian: Vec<Vec<f32>> =
        (0..3).map(|i| gradient_of(&row, |z| quantiser.quantise(z).vectors.narrow(1, i, 1).sum())).collect();
    for i in 0..3 {
        let turned: f64 = (0..3).map(|j| f64::from(jacobian[i][j]) * z[j]).sum();
        assert!((turned - codes[i]).abs() < 1e-5, "{turned} {}", codes[i]);
        for j in 0..3 {
            assert!((f64::from(jacobian[i][j]) - formula(i, j)).abs() < 1e-5, "{i} {j}");
            let square: f64 = (0..3).map(|k| f64::from(jacobian[k][i]) * f64::from(jacobian[k][j])).sum();
            let wanted = if i == j { (qn / zn).powi(2) } else { 0.0 };
            assert!((square - wanted).abs() < 1e-4, "{i} {j}: {square} {wanted}");
        }
    }
    near(&floats(quantiser.quantise(row).vectors), &codes.map(|x| x as f32), 0.0);
}

/// One step by hand: two vectors to the first code, one to the second, none to the third.
#[test]
fn running_means_are_those_of_the_paper() {
    let config = json!({ "kind": "vq", "codes": 3, "decay": 0.9, "dead": 0.0, "codebook": { "kind": "ema", "epsilon": 0.01 } });
    let mut quantiser = with(config, &[0.0, 1.0, 5.0], &[2.0, 1.0, 0.5], 1);
    quantiser.follow(tensor(&[0.2, -0.4, 1.5], 1), key());
    let counts = [0.9_f32 * 2.0 + 0.2, 0.9 + 0.1, 0.45];
    let sums = [0.1_f32 * -0.2, 0.9 + 0.15, 0.9 * 2.5];
    let total: f32 = counts.iter().sum();
    let codes: Vec<f32> = (0..3).map(|k| sums[k] / ((counts[k] + 0.01) / (total + 0.03) * total)).collect();
    let found: Vec<Vec<f32>> = quantiser.parameters().into_iter().map(|named| floats(named.value)).collect();
    near(&found[0], &codes, 1e-6);
    near(&found[1], &counts, 1e-6);
    near(&found[2], &sums, 1e-6);
}

#[test]
fn a_codebook_by_gradient_is_pulled_to_what_falls_to_it() {
    let config = json!({ "kind": "vq", "codes": 2, "beta": 0.5, "codebook": "gradient" });
    let mut quantiser: Box<dyn Quantiser> = {
        let config: QuantiserConfig = config::typed(config).expect("a configuration");
        config.build(1, &Init::new(1, &Device::flex().autodiff())).expect("a quantiser")
    };
    let flat = |values: &[f32]| tensor(values, 1).reshape([-1]);
    quantiser.set_parameters(&[flat(&[0.0, 4.0]), flat(&[1.0, 1.0]), flat(&[0.0, 4.0])]);
    let z = tensor(&[1.0, 3.0, 2.5], 1).autodiff().require_grad();
    let quantised = quantiser.quantise(z.clone());
    // Squares of 1, 1 and 1.5 over three numbers, β for the vectors and 1 for the codes.
    near(&floats(quantised.penalty.clone().without_autodiff()), &[1.5 * (1.0 + 1.0 + 2.25) / 3.0], 1e-6);
    let mut gradients = quantised.penalty.backward();
    near(&floats(z.grad(&gradients).expect("a gradient")), &[1.0 / 3.0, -1.0 / 3.0, -0.5], 1e-6);
    let pulled = quantiser.gradients(&mut gradients);
    near(&floats(pulled[0].clone()), &[-2.0 / 3.0, 2.0 * (1.0 + 1.5) / 3.0], 1e-6);
    near(&floats(pulled[1].clone()), &[0.0; 2], 0.0);
}

#[test]
fn k_means_lowers_the_distortion_each_round() {
    let z = normal(200, 2, 1);
    let start = chosen(&z, 8, key());
    let distortion = |codes: Tensor<2>| {
        let q = codes.clone().select(0, numbers(z.clone(), codes));
        floats((z.clone() - q).square().sum())[0]
    };
    let after: Vec<f32> = [0, 1, 2, 4, 8]
        .into_iter()
        .map(|rounds| distortion(k_means(&z, start.clone(), rounds, |codes| codes)))
        .collect();
    assert!(after.windows(2).all(|pair| pair[1] < pair[0]), "{after:?}");
    assert!(after[4] < 0.75 * after[0], "{after:?}");
    let (counts, sums) = gathered(z.clone(), numbers(z.clone(), start), 8);
    near(&floats(counts.sum()), &[200.0], 0.0);
    near(&floats(sums.sum_dim(0)), &floats(z.sum_dim(0)), 1e-3);
}

/// All data move away from all codes: one code gets everything, the others die and come after.
#[test]
fn dead_codes_go_where_the_data_are() {
    let config = json!({ "kind": "vq", "codes": 16, "decay": 0.9, "dead": 0.1, "k_means": 5 });
    let mut quantiser = built(config, 2);
    let z = normal(64, 2, 2);
    assert!(quantiser.prepare(z.clone(), key()));
    let moved = z * 0.5 + 20.0;
    let distance = |quantiser: &dyn Quantiser| floats(quantiser.quantise(moved.clone()).distance)[0];
    let before = distance(&*quantiser);
    for step in 0..60 {
        quantiser.follow(moved.clone(), Key::new(3, Purpose::Coupling, 64 * step));
    }
    let codes = quantiser.quantise(moved.clone()).codes;
    let share = floats(used(tally(codes, 1, 16)))[0];
    assert!(share >= 0.9, "{share}");
    assert!(before > 100.0 && distance(&*quantiser) < 0.05, "{before} {}", distance(&*quantiser));
    // Without revival all but one are lost.
    let mut lost = built(json!({ "kind": "vq", "codes": 16, "decay": 0.9, "dead": 0.0, "k_means": 5 }), 2);
    lost.prepare(normal(64, 2, 2), key());
    (0..60).for_each(|_| lost.follow(moved.clone(), key()));
    let codes = lost.quantise(moved.clone()).codes;
    assert!(floats(used(tally(codes, 1, 16)))[0] < 0.3);
}

#[test]
fn the_cosine_knows_no_lengths() {
    let config = json!({ "kind": "vq", "codes": 2, "matching": "cosine" });
    let mut quantiser = with(config, &[0.6, 0.8, 1.0, 0.0], &[1.0, 1.0], 2);
    let z = tensor(&[30.0, 41.0, 0.02, 0.001], 2);
    let quantised = quantiser.quantise(z.clone());
    near(&floats(quantised.codes), &[0.0, 1.0], 0.0);
    near(&floats(quantised.vectors), &[0.6, 0.8, 1.0, 0.0], 1e-6);
    quantiser.follow(z, key());
    let codes = floats(quantiser.parameters()[0].value.clone());
    let lengths = [0, 2].map(|i| codes[i] * codes[i] + codes[i + 1] * codes[i + 1]);
    near(&lengths, &[1.0, 1.0], 1e-5);
}

#[test]
fn each_depth_lowers_the_error() {
    let z = normal(256, 4, 3);
    let errors: Vec<f32> = (1..=5)
        .map(|depth| {
            let mut quantiser =
                built(json!({ "kind": "residual", "depth": depth, "level": { "codes": 8 } }), 4);
            quantiser.prepare(z.clone(), key());
            let quantised = quantiser.quantise(z.clone());
            assert_eq!(quantised.codes.dims(), [256, depth]);
            let back = quantiser.vectors(quantised.codes);
            near(&floats(back), &floats(quantised.vectors.clone()), 1e-5);
            floats((quantised.vectors - z.clone()).square().mean())[0]
        })
        .collect();
    assert!(errors.windows(2).all(|pair| pair[1] < 0.85 * pair[0]), "{errors:?}");
}

#[test]
fn finite_codes_are_the_whole_grid() {
    let levels = [8, 5, 4];
    let quantiser = built(json!({ "kind": "fsq", "levels": levels }), 3);
    assert_eq!(quantiser.size(), 160);
    let all: Vec<f32> = (0..160_u8).map(f32::from).collect();
    let vectors = floats(quantiser.vectors(tensor(&all, 1)));
    for (code, vector) in vectors.chunks(3).enumerate() {
        let digits = [code % 8, code / 8 % 5, code / 40];
        let wanted = std::array::from_fn::<f32, 3, _>(|i| {
            let half = (levels[i] / 2) as f32;
            (digits[i] as f32 - half) / half
        });
        near(vector, &wanted, 1e-6);
    }
    // Vectors far out and near reach every level and no other; a code says where they went.
    let z = normal(4000, 3, 4) * 2.0;
    let quantised = quantiser.quantise(z);
    near(&floats(quantiser.vectors(quantised.codes.clone())), &floats(quantised.vectors), 1e-6);
    assert!(floats(used(tally(quantised.codes, 1, 160)))[0] == 1.0);
    near(&floats(quantiser.quantise(tensor(&[0.0; 3], 3)).vectors), &[0.0; 3], 0.0);
    near(&floats(quantiser.vectors(tensor(&[160.0], 1))), &[0.0; 3], 0.0);
}

/// The gradient is that of the bound: `h/⌊L/2⌋ (1 − tanh²(z + s))`.
#[test]
fn the_finite_gradient_is_that_of_the_bound() {
    let quantiser = built(json!({ "kind": "fsq", "levels": [8, 5] }), 2);
    let found = gradient_of(&tensor(&[0.4, -0.7], 2), |z| quantiser.quantise(z).vectors.sum());
    let (h8, h5) = (3.5 * 0.999_f64, 2.0 * 0.999_f64);
    let shifted = 0.4 + (0.5 / h8).atanh();
    let wanted = [h8 / 4.0 * (1.0 - shifted.tanh().powi(2)), h5 / 2.0 * (1.0 - 0.7_f64.tanh().powi(2))];
    near(&found, &wanted.map(|x| x as f32), 1e-5);
}

#[test]
fn signs_are_codes_and_codes_are_signs() {
    let quantiser = built(json!("lfq"), 3);
    let quantised = quantiser.quantise(tensor(&[0.3, -2.0, 0.1, -0.1, 0.4, -9.0], 3));
    near(&floats(quantised.codes), &[5.0, 2.0], 0.0);
    near(&floats(quantised.vectors), &[1.0, -1.0, 1.0, -1.0, 1.0, -1.0], 0.0);
    let all: Vec<f32> = (0..8_u8).map(f32::from).collect();
    let back = quantiser.quantise(quantiser.vectors(tensor(&all, 1))).codes;
    near(&floats(back), &all, 0.0);
    near(&floats(quantiser.vectors(tensor(&[8.0], 1))), &[0.0; 3], 0.0);
}

/// Two vectors of two numbers, entropies by hand over the four codes.
#[test]
fn entropies_are_those_of_all_codes() {
    let z = [[0.3_f64, -0.2], [-0.1, 0.5]];
    let sigma = |x: f64| 1.0 / (1.0 + (-x).exp());
    let p = z.map(|z| {
        let [a, b] = z.map(|z| sigma(4.0 * z / 0.5));
        [(1.0 - a) * (1.0 - b), a * (1.0 - b), (1.0 - a) * b, a * b]
    });
    let entropy = |p: &[f64]| -p.iter().map(|p| p * p.ln()).sum::<f64>();
    let each = 0.5 * (entropy(&p[0]) + entropy(&p[1]));
    let mean: [f64; 4] = std::array::from_fn(|c| 0.5 * (p[0][c] + p[1][c]));
    let config = |group: usize| json!({ "kind": "lfq", "beta": 0.0, "entropy": 2.0, "diversity": 0.5, "temperature": 0.5, "group": group });
    let rows = tensor(&[0.3, -0.2, -0.1, 0.5], 2);
    let penalty = |group: usize| floats(built(config(group), 2).quantise(rows.clone()).penalty)[0];
    near(&[penalty(8)], &[(2.0 * (each - 0.5 * entropy(&mean))) as f32], 1e-5);
    // Number by number the means' entropies are those of the margins.
    let margins = [mean[1] + mean[3], mean[2] + mean[3]].map(|p| entropy(&[p, 1.0 - p]));
    near(&[penalty(1)], &[(2.0 * (each - 0.5 * (margins[0] + margins[1]))) as f32], 1e-5);
}

#[test]
fn perplexity_counts_codes() {
    let uniform: Vec<f32> = (0..64_u8).map(|i| f32::from(i % 16)).collect();
    let told = |codes: &[f32], depth: usize, size: usize| {
        let tally = tally(tensor(codes, codes.len()), depth, size);
        [floats(perplexity(tally.clone()))[0], floats(used(tally))[0]]
    };
    near(&told(&uniform, 1, 16), &[16.0, 1.0], 1e-4);
    near(&told(&[3.0; 8], 1, 16), &[1.0, 1.0 / 16.0], 1e-6);
    // Of two depths the first uses one of four codes, the second two.
    near(&told(&[3.0, 0.0, 3.0, 1.0], 2, 4), &[1.5, 0.375], 1e-5);
}

#[test]
fn what_does_not_fit_is_refused_with_its_field() {
    let refused = |config: Value, dimensions: usize| {
        let config: QuantiserConfig = config::typed(config).expect("a configuration");
        let built = config.build(dimensions, &Init::new(1, &Device::flex()));
        built.err().expect("this should be refused").to_string()
    };
    assert!(refused(json!({ "kind": "vq", "codes": 0 }), 2).contains("`codes`: wanted 1 or more; this is 0"));
    let error = refused(json!({ "kind": "residual", "level": { "codes": 0 } }), 2);
    assert!(error.contains("`level.codes`"), "{error}");
    let error = refused(json!({ "kind": "residual", "level": { "matching": "cosine" } }), 2);
    assert!(error.contains("`level.matching`") && error.contains("`cosine`"), "{error}");
    let error = refused(json!("fsq"), 3);
    assert!(
        error.contains("`levels`: wanted levels for each of 3") && error.contains("these are 4"),
        "{error}"
    );
    assert!(refused(json!({ "kind": "fsq", "levels": [] }), 0).contains("`levels`"));
    assert!(refused(json!({ "kind": "fsq", "levels": [1] }), 1).contains("2 or more; this is 1"));
    assert!(refused(json!({ "kind": "fsq", "levels": [4096, 4096] }), 2).contains("product of at most"));
    let error = refused(json!("lfq"), 40);
    assert!(error.contains("at most 22") && error.contains("40"), "{error}");
    assert!(refused(json!({ "kind": "vq", "decay": 1.5 }), 2).contains("`decay`"));
}
