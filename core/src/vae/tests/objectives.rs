//! Objectives against their formulas.

use super::*;
use crate::model::Terms;
use crate::vae::objective::{discrepancy, permuted};

/// The loss of a small model with these changes after so many steps, and its parts.
fn lost(changes: &Value, step: u64) -> (f64, Vec<(&'static str, f64)>) {
    let (config, interface) = (config(changes), Interface::of(&*Bars::open()));
    let device = Device::flex();
    let mut network = config.network(&interface, &Init::new(0, &device)).expect("a network");
    let values = shaken(network.parameters(), 0.1);
    network.set_parameters(&values);
    let terms = Terms::default();
    let learning = Learning { terms: Some(&terms), step, ..Learning::new(1, Mode::Infer, &device) };
    let loss = numbers(config.loss(&*network, &interface, &batch(12), &learning))[0];
    (loss, terms.take().into_iter().map(|(name, value)| (name, numbers(value)[0])).collect())
}

fn term(terms: &[(&str, f64)], name: &str) -> f64 {
    terms.iter().find(|(term, _)| *term == name).expect("it should be noted").1
}

fn close(found: f64, wanted: f64, what: &str) {
    assert!((found - wanted).abs() < 2e-4 * wanted.abs().max(1.0), "{what}: {found} {wanted}");
}

#[test]
fn the_bound_has_its_weight_its_warm_up_its_capacity_and_its_free_bits() {
    let elbo = |more: Value| {
        let mut objective = json!({ "kind": "elbo" });
        more.as_object().expect("a map").iter().for_each(|(key, value)| objective[key] = value.clone());
        json!({ "objective": objective })
    };
    let (plain, terms) = lost(&elbo(json!({})), 0);
    let (reconstruction, kl) = (term(&terms, "reconstruction"), term(&terms, "kl"));
    assert!(kl > 0.01 && reconstruction > 1.0, "{kl} {reconstruction}");
    close(plain, reconstruction + kl, "elbo");
    close(lost(&elbo(json!({ "beta": 4.0 })), 0).0, reconstruction + 4.0 * kl, "beta");
    for (step, weight) in [(0, 0.0), (5, 0.5), (10, 1.0), (50, 1.0)] {
        close(lost(&elbo(json!({ "warmup": 10 })), step).0, reconstruction + weight * kl, "warm-up");
        let capacity = json!({ "capacity": { "max": 20.0, "steps": 10, "gamma": 3.0 } });
        close(lost(&elbo(capacity), step).0, reconstruction + 3.0 * (kl - 20.0 * weight).abs(), "capacity");
    }
    // More bits for nothing than are used, and so few that each number pays.
    close(lost(&elbo(json!({ "free_bits": 10.0 })), 0).0, reconstruction + 30.0, "free bits");
    close(lost(&elbo(json!({ "free_bits": 1e-9 })), 0).0, plain, "no free bits");
}

/// With weights of 1 the three parts are the divergence, as it was drawn.
#[test]
fn the_parts_of_the_divergence_sum_to_it() {
    let iwae = lost(&json!({ "objective": { "kind": "iwae", "samples": 1 } }), 0);
    let tc = |beta: f64| lost(&json!({ "objective": { "kind": "tc", "beta": beta } }), 0);
    let (one, three) = (tc(1.0), tc(3.0));
    close(one.0, iwae.0, "beta 1");
    close(three.0, one.0 + 2.0 * term(&one.1, "total_correlation"), "beta 3");
}

#[test]
fn the_discrepancy_is_that_of_its_formula_and_zero_in_the_mean_for_one_distribution() {
    let (device, n, d) = (Device::flex(), 6, 3);
    let (a, b) = (normals(0, [n, d], &device) + 0.5, normals(1, [n, d], &device));
    let (host_a, host_b) = (numbers(a.clone()), numbers(b.clone()));
    let kernel = |x: &[f64], y: &[f64]| -> f64 {
        let square: f64 = x.iter().zip(y).map(|(x, y)| (x - y).powi(2)).sum();
        [0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0].iter().map(|s| 6.0 * s).map(|c| c / (c + square)).sum()
    };
    let sum = |x: &[f64], y: &[f64], among: bool| -> f64 {
        let pairs = (0..n * n).filter(|at| !among || at / n != at % n);
        let values: Vec<f64> = pairs.map(|at| kernel(&x[at / n * d..][..d], &y[at % n * d..][..d])).collect();
        mean(&values)
    };
    let wanted =
        sum(&host_a, &host_a, true) + sum(&host_b, &host_b, true) - 2.0 * sum(&host_a, &host_b, false);
    let found = numbers(discrepancy(a, b))[0];
    assert!((found - wanted).abs() < 1e-5, "{found} {wanted}");
    let same: Vec<f64> = (0..60)
        .map(|i| {
            numbers(discrepancy(normals(2 * i, [20, d], &device), normals(2 * i + 1, [20, d], &device)))[0]
        })
        .collect();
    let deviation = (mean(&same.iter().map(|x| x * x).collect::<Vec<_>>()) / 60.0).sqrt();
    assert!(mean(&same).abs() < 4.0 * deviation, "{} {deviation}", mean(&same));
}

#[test]
fn info_and_wasserstein_weigh_as_their_papers() {
    let (alpha, lambda) = (0.25, 8.0);
    let (loss, terms) = lost(&json!({ "objective": { "kind": "mmd", "alpha": alpha, "lambda": lambda } }), 0);
    let [reconstruction, kl, mmd] = ["reconstruction", "kl", "mmd"].map(|name| term(&terms, name));
    close(loss, reconstruction + (1.0 - alpha) * kl + (alpha + lambda - 1.0) * mmd, "info");
    let (loss, terms) = lost(&json!({ "objective": { "kind": "mmd" } }), 0);
    close(loss, term(&terms, "reconstruction") + 10.0 * term(&terms, "mmd"), "wae");
}

#[test]
fn a_permutation_keeps_each_numbers_values_and_breaks_rows() {
    let z = normals(0, [32, 3], &Device::flex());
    let noise = Noise { seed: 1, first: 0, rows: 32, features: 3, device: Device::flex() };
    let (before, after) = (numbers(z.clone()), numbers(permuted(&z, &noise)));
    let column = |x: &[f64], j: usize| {
        let mut values: Vec<f64> = x.chunks(3).map(|row| row[j]).collect();
        values.sort_by(f64::total_cmp);
        values
    };
    (0..3).for_each(|j| assert_eq!(column(&before, j), column(&after, j)));
    let kept = before.chunks(3).filter(|row| after.chunks(3).any(|other| other == *row)).count();
    assert!(kept < 3, "{kept} rows are whole");
}

/// What the critic learns does not depend on what its word weighs for the model, nor what the model learns on the critic's loss.
#[test]
fn the_critic_and_the_model_learn_each_by_its_own_loss() {
    let gradients = |gamma: f64, objective: &str| {
        let mut changes = json!({ "objective": { "kind": objective } });
        if objective == "factor" {
            changes["objective"] = json!({ "kind": "factor", "gamma": gamma, "hidden": 8, "layers": 2 });
        }
        let (config, interface) = (config(&changes), Interface::of(&*Bars::open()));
        let device = Device::flex().autodiff();
        let network = config.network(&interface, &Init::new(0, &device)).expect("a network");
        let learning = Learning::new(1, Mode::Infer, &device);
        let mut gradients = config.loss(&*network, &interface, &batch(12), &learning).backward();
        let found = network.gradients(&mut gradients).into_iter().map(numbers);
        let (critic, model): (Vec<_>, Vec<_>) = network
            .parameters()
            .into_iter()
            .zip(found)
            .partition(|(named, _)| named.path.starts_with("critic"));
        let values = |list: Vec<(Named, Vec<f64>)>| {
            list.into_iter().flat_map(|(_, values)| values).collect::<Vec<_>>()
        };
        [values(critic), values(model)]
    };
    let near = |a: &[f64], b: &[f64]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-5 * b.abs().max(1.0));
    let ([critic, model], [same, pulled]) = (gradients(0.0, "factor"), gradients(35.0, "factor"));
    assert!(near(&critic, &same) && critic.iter().any(|value| value.abs() > 1e-4));
    assert!(near(&model, &gradients(0.0, "elbo")[1]), "without its word the model learns the bound");
    assert!(!near(&model, &pulled), "its word is heard");
}

#[test]
fn the_covariance_of_latents_is_that_of_means_and_variances() {
    let of = |moments: &str, off: f64, on: f64| {
        lost(
            &json!({ "objective": { "kind": "dip", "of": moments, "off_diagonal": off, "diagonal": on } }),
            0,
        )
        .0
    };
    let elbo = lost(&json!({}), 0).0;
    close(of("latents", 0.0, 0.0), elbo, "no weights");
    let interface = Interface::of(&*Bars::open());
    let mut network =
        config(&json!({})).network(&interface, &Init::new(0, &Device::flex())).expect("a network");
    let values = shaken(network.parameters(), 0.1);
    network.set_parameters(&values);
    let x = Tensor::from_data(TensorData::new(batch(12).x, [12, 64]), &Device::flex());
    let base = crate::nn::own::<Variational>(&*network).read(x, None, Mode::Infer).base;
    let (means, variances) = (numbers(base.mean), numbers(base.log_variance.exp()));
    let column = |values: &[f64], j: usize| -> Vec<f64> { values.chunks(3).map(|row| row[j]).collect() };
    let covariance = |i: usize, j: usize| {
        let (a, b) = (column(&means, i), column(&means, j));
        let (at, bt) = (mean(&a), mean(&b));
        a.iter().zip(&b).map(|(a, b)| (a - at) * (b - bt)).sum::<f64>() / 11.0
    };
    let off: f64 = (0..9).filter(|at| at / 3 != at % 3).map(|at| covariance(at / 3, at % 3).powi(2)).sum();
    for moments in ["means", "latents"] {
        let inner = |j: usize| if moments == "means" { 0.0 } else { mean(&column(&variances, j)) };
        let on: f64 = (0..3).map(|j| (covariance(j, j) + inner(j) - 1.0).powi(2)).sum();
        close(of(moments, 7.0, 5.0), elbo + 7.0 * off + 5.0 * on, moments);
    }
}
