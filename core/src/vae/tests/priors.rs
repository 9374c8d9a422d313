//! Priors: they integrate to one, and draw what they find probable.

use super::*;
use crate::latents::Gaussian;
use crate::vae::prior::PriorDensity;

/// An encoder of the plane that thinks a sample's latent near the sample.
fn near(x: Tensor<2>) -> Gaussian {
    Gaussian { log_variance: x.zeros_like() - 1.0, mean: x }
}

fn built(name: &str) -> Box<dyn PriorDensity> {
    let ladder = name == "ladder";
    let member = if ladder { json!({ "kind": name, "above": [1], "hidden": 8 }) } else { json!(name) };
    let config: VaePriorConfig = config::typed(member).expect("a prior");
    let mut prior = config.build(if ladder { 1 } else { 2 }, 2, &Init::new(1, &Device::flex()));
    let std = match name {
        "vamp" => 1.0,
        "flow" => 0.05,
        _ => 0.3,
    };
    let values = shaken(prior.parameters(), std);
    prior.set_parameters(&values);
    prior
}

#[test]
fn each_integrates_to_one_and_its_samples_have_its_moments() {
    let (side, step) = (141, 0.1);
    let place = |i: usize| (i as f32 - 70.0) * step;
    let grid: Vec<[f32; 2]> = (0..side * side).map(|i| [place(i / side), place(i % side)]).collect();
    for name in VaePriorConfig::NAMES {
        let prior = built(name);
        let mut p = Vec::new();
        // In parts: many components times many points are much memory.
        for part in grid.chunks(2000) {
            p.extend(
                numbers(prior.log_density(rows(part), &near))
                    .iter()
                    .map(|log| log.exp() * f64::from(step * step)),
            );
        }
        let total: f64 = p.iter().sum();
        assert!((total - 1.0).abs() < 2e-3, "{name}: {total}");
        let n = 4000;
        let noise = Noise { seed: 8, first: 0, rows: n, features: 2, device: Device::flex() };
        let drawn = numbers(prior.sample(&noise, 0, &near));
        for (what, f) in [
            ("x", (|[x, _]: [f64; 2]| x) as fn([f64; 2]) -> f64),
            ("y", |[_, y]| y),
            ("x²", |[x, _]| x * x),
            ("xy", |[x, y]| x * y),
        ] {
            let of_grid = |f: &dyn Fn(f64) -> f64, g: fn([f64; 2]) -> f64| -> f64 {
                p.iter().zip(&grid).map(|(p, z)| p * f(g(z.map(f64::from)))).sum()
            };
            let wanted = of_grid(&|v| v, f);
            let error = (of_grid(&|v| v * v, f) - wanted * wanted).sqrt() / (n as f64).sqrt();
            let found = mean(&drawn.chunks(2).map(|z| f([z[0], z[1]])).collect::<Vec<_>>());
            assert!((found - wanted).abs() < 4.5 * error + 2e-3, "{name}, {what}: {found} {wanted} {error}");
        }
        assert_eq!(prior.is_standard(), *name == "normal");
    }
}

/// A sample is the same alone and among others.
#[test]
fn samples_are_drawn_by_their_own_keys() {
    for name in VaePriorConfig::NAMES {
        let prior = built(name);
        let drawn = |first, rows| {
            let noise = Noise { seed: 8, first, rows, features: 2, device: Device::flex() };
            numbers(prior.sample(&noise, 4, &near))
        };
        let (all, one) = (drawn(0, 5), drawn(3, 1));
        assert!(all[6..8].iter().zip(&one).all(|(a, b)| (a - b).abs() < 1e-5), "{name}");
    }
}

#[test]
fn pseudo_inputs_begin_as_the_data() {
    let config = config(&json!({ "prior": { "kind": "vamp", "components": 20 } }));
    let interface = Interface::of(&*Bars::open());
    let device = Device::flex();
    let mut network = config.network(&interface, &Init::new(0, &device)).expect("a network");
    let batch = batch(8);
    assert!(config.prepare(&mut *network, &batch, &Learning::new(0, Mode::Infer, &device)));
    let named = network.parameters();
    let inputs = &named.iter().find(|named| named.path == "prior.inputs").expect("pseudo-inputs").value;
    let found = numbers(inputs.clone());
    assert_eq!(found.len(), 20 * 64);
    for (i, x) in found.iter().enumerate() {
        assert!((x - f64::from(batch.x[i % batch.x.len()])).abs() < 0.06);
    }
    let normal = super::config(&json!({}));
    let mut network = normal.network(&interface, &Init::new(0, &device)).expect("a network");
    assert!(!normal.prepare(&mut *network, &batch, &Learning::new(0, Mode::Infer, &device)));
}

/// The posterior of levels: what a draw says of its own density, against that density of the two Gaussians that meet.
#[test]
fn a_posterior_that_meets_the_prior_is_their_product() {
    let prior = built("ladder");
    let device = Device::flex();
    let base = Gaussian { mean: normals(0, [1, 2], &device), log_variance: normals(1, [1, 2], &device) };
    // Of one top: the lower level, integrated over a line.
    let n = 2001;
    let line = |i: usize| (i as f32 - 1000.0) * 0.01;
    let noise: Vec<[f32; 2]> = (0..n).map(|i| [line(i), 0.3]).collect();
    let drawn = prior.draw(&base.repeated(n), &rows(&noise)).expect("a posterior");
    let (z, log_q) = (numbers(drawn.z.clone()), numbers(drawn.log_q));
    let top = z[1];
    let log_top = numbers(base.log_densities(rows(&[[0.0, top as f32]])))[1];
    let total: f64 = (1..n).map(|i| (log_q[i] - log_top).exp() * (z[2 * i] - z[2 * i - 2])).sum();
    assert!((total - 1.0).abs() < 1e-3, "{total}");
    // `ln q − ln q̂ − ln p` of the lower level is one number for all: the product's constant.
    let own = numbers(base.repeated(n).log_densities(drawn.z.clone()));
    let joint = numbers(prior.log_density(drawn.z, &near));
    let constant = |i: usize| log_q[i] - own[2 * i] - joint[i];
    for i in (500..1500).step_by(100) {
        assert!((constant(i) - constant(1000)).abs() < 1e-3, "{} {}", constant(i), constant(1000));
    }
}
