//! Between two Gaussians, coupled independently, everything is known: with `σ_t² = a² s₀² + b² s₁² + γ²` and `m_t = b m₁`,
//! `v = ṁ_t + c (x − m_t)/σ_t²` with `c = a ȧ s₀² + b ḃ s₁² + γ γ̇`, and `η = γ (x − m_t)/σ_t²`.

use super::*;
use crate::likelihood::finish as judged;
use crate::likelihood::{Likelihood, Query};

const SOURCE: f64 = 1.5;
const MEAN: [f64; 2] = [2.0, -1.0];
const STD: [f64; 2] = [0.4, 0.8];

/// One side of the closed form: of `x − m_t`, the shares in velocity and noise; and `m_t`, `ṁ_t`.
fn closed(config: &InterpolantConfig, t: f64, i: usize) -> [f64; 4] {
    let ([a, b, gamma], [da, db, dgamma]) = (config.weights(t), config.slopes(t));
    let square = |x: f64| x * x;
    let variance = square(a * SOURCE) + square(b * STD[i]) + square(gamma);
    // Where γ is 0, γ γ̇ is the limit.
    let noise = if gamma > 0.0 { gamma * dgamma } else { 0.0 };
    let slope = a * da * square(SOURCE) + b * db * square(STD[i]) + noise;
    [slope / variance, gamma / variance, b * MEAN[i], db * MEAN[i]]
}

/// `[v, η]` or `v` alone, each row at its time, off by a factor.
fn formula(config: &InterpolantConfig, x: Tensor<2>, times: &[f64], factor: f64) -> Tensor<2> {
    let side = |i: usize, which: usize| {
        let at = |k: usize| column(times.iter().map(|t| closed(config, *t, i)[k]), &x);
        let away = x.clone().narrow(1, i, 1) - at(2);
        let known = away * at(which) * factor;
        if which == 0 { known + at(3) } else { known }
    };
    let whiches = if config.score { 0..2 } else { 0..1 };
    Tensor::cat(whiches.flat_map(|which| [side(0, which), side(1, which)]).collect(), 1)
}

fn network(config: &InterpolantConfig, factor: f64) -> Box<dyn Network> {
    let config = config.clone();
    Box::new(Formula(move |x: Tensor<2>, times: &[f64]| formula(&config, x, times, factor)))
}

fn model(value: Value) -> Interpolant {
    let mut config = config(value);
    config.source = SourceConfig::Gaussian(Gaussian { std: SOURCE });
    config.coupling = CouplingConfig::named("independent").expect("a coupling");
    config.trained(&interface(2), network(&config, 1.0), &Device::flex()).expect("a model")
}

fn near(found: &[[f64; 2]], tolerance: f64, what: &str) {
    for (i, [mean, std]) in found.iter().enumerate() {
        let off = (mean - MEAN[i]).abs().max((std - STD[i]).abs());
        assert!(off < tolerance, "{what}: {found:?} is not {MEAN:?}, {STD:?}");
    }
}

/// The loss is least at the velocity in closed form, and as large as what cannot be known.
#[test]
fn the_velocity_in_closed_form_has_the_least_loss() {
    let rows = 20_000;
    let mut x = vec![0.0; rows * 2];
    Key::new(1, Purpose::Data, 0).fill_normal(&mut x);
    x.iter_mut().enumerate().for_each(|(i, x)| *x = (MEAN[i % 2] + STD[i % 2] * f64::from(*x)) as f32);
    let batch = Batch { x, shape: vec![2], class: None, first: 0 };
    let device = Device::flex();
    let learning = Learning::new(5, Mode::Infer, &device);
    for value in
        [json!({}), json!({ "noise": "quadratic", "score": true }), json!({ "path": "trigonometric" })]
    {
        let mut config = config(value.clone());
        config.source = SourceConfig::Gaussian(Gaussian { std: SOURCE });
        config.coupling = CouplingConfig::named("independent").expect("a coupling");
        let loss =
            |factor: f64| number(config.loss(&*network(&config, factor), &interface(2), &batch, &learning));
        let [less, least, more] = [0.9, 1.0, 1.1].map(loss);
        assert!(least < less && least < more, "{value}: {less} {least} {more}");
    }
    // Var[x₁ − x₀ | x_t] = s₀² s₁²/σ_t², whose mean over t is ∫ dt/((1 − t)²/s₁² + t²/s₀²).
    let mut config = config(json!({}));
    config.source = SourceConfig::Gaussian(Gaussian { std: SOURCE });
    config.coupling = CouplingConfig::named("independent").expect("a coupling");
    let found = number(config.loss(&*network(&config, 1.0), &interface(2), &batch, &learning));
    let at = |t: f64, s: f64| 1.0 / (((1.0 - t) / s).powi(2) + (t / SOURCE).powi(2));
    let mean = |s: f64| (0..1000).map(|i| at((f64::from(i) + 0.5) / 1000.0, s)).sum::<f64>() / 1000.0;
    let wanted = f64::midpoint(mean(STD[0]), mean(STD[1]));
    assert!((found / wanted - 1.0).abs() < 0.03, "{found} is not {wanted}");
}

/// By every path the ODE carries the source's rows affinely to the data: `x₁ = m₁ + s₁ x₀/s₀`.
#[test]
fn the_ode_maps_the_source_to_the_data() {
    for (value, tolerance) in [
        (json!({}), 1e-4),
        (json!({ "path": "trigonometric" }), 1e-4),
        (json!({ "noise": "quadratic" }), 1e-4),
        (json!({ "path": "encoding_decoding", "noise": "sine_squared" }), 1e-2),
        (json!({ "noise": "bridge" }), 1e-2),
    ] {
        let model = model(value.clone());
        let x0 = model.source(3, 0, 64);
        let wanted: Vec<Tensor<2>> =
            (0..2).map(|i| x0.clone().narrow(1, i, 1) * (STD[i] / SOURCE) + MEAN[i]).collect();
        let tight = json!({ "kind": "dopri5", "rtol": 1e-6, "atol": 1e-6 });
        let (sampler, steps) = match value["noise"].as_str() {
            Some("bridge") => (json!("midpoint"), 400),
            _ => (tight, 10),
        };
        let found = end(&model, &request(sampler, steps, 64));
        let off = number((found - Tensor::cat(wanted, 1)).abs().max());
        assert!(off < tolerance, "{value}: {off}");
    }
}

/// Twice as many steps divide the error by two to the order.
#[test]
fn every_solver_has_its_order() {
    let model = model(json!({ "path": "trigonometric" }));
    let field = &model.field;
    for (name, order, steps) in
        [("euler", 1.0, 64), ("heun", 2.0, 32), ("midpoint", 2.0, 32), ("ralston", 2.0, 32), ("rk4", 4.0, 32)]
    {
        let Ok(solver::Solver::Ode { integrator, .. }) =
            solver::choose(&field.config, &SamplerConfig::named(name).expect("a sampler"))
        else {
            panic!("{name} should be an ODE's");
        };
        let start = Tensor::<2>::from_data([[1.0, -0.7]], (&Device::flex(), DType::F64));
        let error = |steps: usize| {
            let mut passage = crate::likelihood::integrators::Passage::new(
                &*integrator,
                None,
                [0.0, 1.0],
                steps,
                start.clone(),
            );
            while !passage.over() {
                passage.step(|t, x| formula(&field.config, x.clone(), &[t], 1.0)).expect("a step");
            }
            let wanted = [MEAN[0] + STD[0] / SOURCE, MEAN[1] - 0.7 * STD[1] / SOURCE];
            let wanted = Tensor::<2>::from_data([wanted], (&Device::flex(), DType::F64));
            number((passage.y().clone() - wanted).abs().max())
        };
        let measured = (error(steps) / error(2 * steps)).log2();
        assert!((measured - order).abs() < 0.3, "{name}: {measured}");
    }
}

/// Noise at the ends belongs to them: walks begin with it, and end at data that have it.
#[test]
fn with_noise_at_the_ends_both_are_blurred() {
    let (rows, scale) = (20_000, 1.0);
    let model = model(json!({ "noise": { "kind": "constant", "scale": scale }, "score": true }));
    let near = |x: Tensor<2>, wanted: [[f64; 2]; 2], what: &str| {
        for (found, wanted) in moments(&x).iter().zip(wanted) {
            let off = (0..2).map(|k| (found[k] - wanted[k]).abs()).fold(0.0, f64::max);
            assert!(off < 0.04, "{what}: {found:?} is not {wanted:?}");
        }
    };
    near(model.source(3, 0, rows), [[0.0, SOURCE.hypot(scale)]; 2], "the start");
    let wanted = [0, 1].map(|i| [MEAN[i], STD[i].hypot(scale)]);
    for (sampler, steps) in [("heun", 50), ("euler_ancestral", 200)] {
        near(end(&model, &request(json!(sampler), steps, rows)), wanted, sampler);
    }
}

/// Between two standard normals the entropic plan has the correlation `(sqrt(4 + s⁴) − s²)/2` (Bunne et al. 2023, Theorem 1,
/// <https://arxiv.org/abs/2202.05722>).
#[test]
fn pairs_of_the_bridge_are_correlated_as_the_schroedinger_bridge_is() {
    let rows = 512;
    for s in [0.5_f64, 1.0, 2.0] {
        let config = config(json!({ "coupling": { "kind": "bridge", "scale": s } }));
        let [mut one, mut two, mut both] = [0.0; 3];
        for i in 0..4 {
            let mut x = vec![0.0; rows];
            Key::new(1, Purpose::Data, i).fill_normal(&mut x);
            let batch = Batch { x: x.clone(), shape: vec![1], class: None, first: i * rows as u64 };
            for (x, x0) in x.iter().zip(config.coupled(&batch, &interface(1), 5)) {
                let (x, x0) = (f64::from(*x), f64::from(x0));
                (one, two, both) = (one + x * x, two + x0 * x0, both + x * x0);
            }
        }
        let (found, wanted) = (both / (one * two).sqrt(), ((4.0 + s.powi(4)).sqrt() - s * s) / 2.0);
        println!("s = {s}: correlation {found:.3}, wanted {wanted:.3}");
        assert!((found - wanted).abs() < 0.05, "{s}: {found} is not {wanted}");
    }
}

/// Whatever noise is added on the way, the marginals are the same.
#[test]
fn the_sde_keeps_the_moments() {
    let rows = 20_000;
    for value in [
        json!({ "noise": "bridge", "score": true }),
        json!({ "noise": "quadratic", "score": true, "sampling": { "epsilon": { "kind": "proportional", "scale": 3.0 } } }),
        json!({ "noise": { "kind": "constant", "scale": 0.05 }, "score": true, "sampling": { "epsilon": { "kind": "proportional", "scale": 0.5 } } }),
        json!({ "path": "linear" }),
        json!({ "path": "trigonometric", "sampling": { "epsilon": { "kind": "constant", "value": 0.3 } } }),
    ] {
        let model = model(value.clone());
        let found = end(&model, &request(json!("euler_ancestral"), 200, rows));
        near(&moments(&found), 0.035, &value.to_string());
        let other = end(&model, &request(json!({ "kind": "euler_ancestral", "eta": 0.0 }), 200, 8));
        let plain = end(&model, &request(json!("euler"), 200, 8));
        assert!(number((other - plain.clone()).abs().max()) < 1e-5, "{value}: without noise it is the ODE");
        assert!(number((found.narrow(0, 0, 8) - plain).abs().max()) > 0.05, "{value}: with noise it is not");
    }
}

/// `log p` of the data, by the ODE back to the source.
#[test]
fn the_likelihood_is_the_gaussians() {
    let points = [[2.0, -1.0], [2.3, -1.9], [1.5, 0.2]];
    let blurred = json!({ "noise": { "kind": "constant", "scale": 0.7 } });
    for (value, blur) in [(json!({}), 0.0), (json!({ "path": "trigonometric" }), 0.0), (blurred, 0.7)] {
        let rows = Tensor::<2>::from_data(points, (&Device::flex(), DType::F64));
        let mut estimation = model(value.clone()).judge(rows, &Query::default()).expect("a start");
        let std = STD.map(|std| std.hypot(blur));
        let found: Vec<f64> = judged(&mut *estimation).expect("an end").into_data().iter::<f64>().collect();
        for (point, found) in points.iter().zip(found) {
            let side = |i: usize| {
                -0.5 * ((point[i] - MEAN[i]) / std[i]).powi(2) - (std[i] * std::f64::consts::TAU.sqrt()).ln()
            };
            let wanted = side(0) + side(1);
            assert!((found - wanted).abs() < 1e-4, "{value}: {found} is not {wanted}");
        }
    }
}

/// Straight and shortest between Gaussians of one shape: the energy is the squared distance itself.
#[test]
fn the_energy_of_a_path_is_at_least_the_distance() {
    let model = model(json!({}));
    let energy = number(model.path_energy(model.source(1, 0, 20_000), 50).expect("an energy"));
    let distance: f64 = (0..2).map(|i| MEAN[i].powi(2) + (SOURCE - STD[i]).powi(2)).sum();
    // An independent coupling is not the shortest way.
    assert!(energy > distance && energy < 1.5 * distance, "{energy} {distance}");
}
