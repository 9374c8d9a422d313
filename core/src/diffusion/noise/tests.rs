//! Quantiles against the densities of the papers.

use super::*;

#[test]
fn the_quantile_inverts_the_normal_distribution() {
    for u in [1e-12, 1e-6, 0.001, 0.1, 0.3, 0.5, 0.77, 0.999, 1.0 - 1e-9] {
        let x = normal_quantile(u);
        let back = 0.5 * libm::erfc(-x / std::f64::consts::SQRT_2);
        assert!((back / u - 1.0).abs() < 1e-9, "{u}: {x} is at {back}");
    }
}

#[test]
fn levels_are_positive_finite_and_rise_with_the_share() {
    for config in NoiseConfig::all() {
        config.check().expect("the defaults should be sound");
        let shares: Vec<f64> = (1..100).map(|i| f64::from(i) / 100.0).collect();
        let levels = config.sigmas(&shares);
        assert!(levels.iter().all(|sigma| sigma.is_finite() && *sigma > 0.0), "{}", config.name());
        assert!(levels.windows(2).all(|pair| pair[0] < pair[1]), "{}", config.name());
        assert!(shares.iter().zip(&levels).all(|(u, sigma)| config.sigma(*u) == *sigma), "{}", config.name());
        // The outermost shares that a stream of random numbers draws.
        for edge in [0.5_f64.powi(53), 1.0 - 0.5_f64.powi(53)] {
            let sigma = config.sigma(edge);
            assert!(sigma > 0.0 && sigma.is_finite(), "{} at {edge}: {sigma}", config.name());
        }
    }
    let median = NoiseConfig::named("log_normal").expect("log_normal").sigma(0.5);
    assert!((median - (-1.2_f64).exp()).abs() < 1e-9);
}

/// However far the normal is moved and spread, what is drawn of it is a number in single precision.
#[test]
fn the_widest_normals_that_are_allowed_stay_finite() {
    let read = |value| crate::config::typed::<NoiseConfig>(value).expect("the right types");
    for (kind, mean) in
        ["log_normal", "logit_normal"].into_iter().flat_map(|kind| [-20.0, 20.0].map(|m| (kind, m)))
    {
        let config = read(serde_json::json!({ "kind": kind, "mean": mean, "std": 5.0 }));
        config.check().expect("it is allowed");
        for edge in [0.5_f64.powi(53), 1.0 - 0.5_f64.powi(53)] {
            let sigma = config.sigma(edge) as f32;
            assert!(sigma.is_normal() && sigma > 0.0, "{kind} with mean {mean} at {edge}: {sigma}");
        }
    }
}

/// The density of `ln σ` that each member's paper gives; `None` where levels are few.
fn density(config: &NoiseConfig, sigma: f64) -> Option<f64> {
    let bell = |mean: f64, std: f64| {
        (-0.5 * ((sigma.ln() - mean) / std).powi(2)).exp() / (std * std::f64::consts::TAU.sqrt())
    };
    Some(match config {
        NoiseConfig::LogNormal(c) => bell(c.mean, c.std),
        NoiseConfig::LogitNormal(c) => bell(c.mean, c.std),
        NoiseConfig::Uniform(_) => sigma / (1.0 + sigma).powi(2),
        NoiseConfig::Ve(c) => 1.0 / (c.sigma_max / c.sigma_min).ln(),
        // e^B = 1 + σ², so that 2σ dσ = e^B β dt; β from its definition and t from the quadratic in B.
        NoiseConfig::Vp(c) => {
            let total = 1.0 + sigma * sigma;
            2.0 * sigma * sigma / (total * rate(c.beta_min, c.beta_max, total.ln()) * (1.0 - c.t_min))
        }
        // B = 2 asinh(σ/2), so that dB = dσ/sqrt(1 + σ²/4).
        NoiseConfig::SubVp(c) => {
            let rate = rate(c.beta_min, c.beta_max, 2.0 * (0.5 * sigma).asinh());
            sigma / ((1.0 + 0.25 * sigma * sigma).sqrt() * rate * (1.0 - c.t_min))
        }
        // λ = −2 ln σ.
        NoiseConfig::Laplace(c) => (-(2.0 * sigma.ln() + c.mu).abs() / c.b).exp() / c.b,
        NoiseConfig::Discrete(_) => return None,
    })
}

/// `β(t)` where `∫β = integral`, with linear `β`: `β² = β_min² + 2 (β_max − β_min) B`.
fn rate(min: f64, max: f64, integral: f64) -> f64 {
    (min * min + 2.0 * (max - min) * integral).sqrt()
}

/// `∫ p(ln σ) d ln σ` between two levels, by Simpson's rule.
fn mass(config: &NoiseConfig, from: f64, to: f64) -> Option<f64> {
    const N: i32 = 2000;
    let h = (to / from).ln() / f64::from(N);
    let at = |i: i32| density(config, from * (h * f64::from(i)).exp());
    let weight = |i: i32| match i {
        0 | N => 1.0,
        i if i % 2 == 1 => 4.0,
        _ => 2.0,
    };
    (0..=N).map(|i| at(i).map(|p| p * weight(i))).sum::<Option<f64>>().map(|sum| sum * h / 3.0)
}

/// Between two quantiles lies the difference of their shares.
#[test]
fn quantiles_are_those_of_the_papers_densities() {
    for config in NoiseConfig::all() {
        for pair in [0.02, 0.1, 0.25, 0.5, 0.6, 0.9, 0.97].windows(2) {
            let [from, to] = [pair[0], pair[1]].map(|u| config.sigma(u));
            // The straight path is cut a thousandth from its ends.
            let Some(mass) = mass(&config, from, to) else { continue };
            let wanted = pair[1] - pair[0];
            assert!((mass / wanted - 1.0).abs() < 1e-5, "{} in {pair:?}: {mass}", config.name());
        }
    }
}

/// Song et al. 2021, appendix C: where training begins and ends.
#[test]
fn score_based_levels_end_where_the_paper_says() {
    let of = |name: &str, u: f64| NoiseConfig::named(name).expect(name).sigma(u);
    assert!((of("ve", 0.0) - 0.01).abs() < 1e-12 && (of("ve", 1.0) - 50.0).abs() < 1e-9);
    let integral = |t: f64| t * (0.1 + 0.5 * t * 19.9);
    for u in [0.0, 0.3, 1.0_f64] {
        let b: f64 = integral(1e-5 + u * (1.0 - 1e-5));
        assert!((of("vp", u) / b.exp_m1().sqrt() - 1.0).abs() < 1e-9);
        // The standard deviation is 1 − e^{−B}, the mean e^{−B/2}.
        assert!((of("sub_vp", u) / ((1.0 - (-b).exp()) / (-0.5 * b).exp()) - 1.0).abs() < 1e-6);
    }
}

#[test]
fn every_level_of_a_table_is_as_frequent_as_any() {
    let betas = crate::schedules::discrete::Betas { train_steps: 8, ..Default::default() };
    let discrete = NoiseConfig::Discrete(Discrete { betas: betas.clone() });
    let shares: Vec<f64> = (0..80).map(|i| (f64::from(i) + 0.5) / 80.0).collect();
    let levels = discrete.sigmas(&shares);
    for (t, ratio) in betas.table().ratios.iter().enumerate() {
        assert!(levels[10 * t..10 * (t + 1)].iter().all(|sigma| sigma == ratio), "{t}");
    }
    assert_eq!(discrete.table(), Some(betas.table()));
}

#[test]
fn what_makes_no_distribution_is_refused_by_its_field() {
    let read = |value| crate::config::typed::<NoiseConfig>(value).expect("the right types");
    for (value, field) in [
        (serde_json::json!({ "kind": "log_normal", "mean": 50.0 }), "mean"),
        (serde_json::json!({ "kind": "log_normal", "std": 0.0 }), "std"),
        (serde_json::json!({ "kind": "log_normal", "std": 1000.0 }), "std"),
        (serde_json::json!({ "kind": "logit_normal", "std": -1.0 }), "std"),
        (serde_json::json!({ "kind": "ve", "sigma_min": 0.0 }), "sigma_min"),
        (serde_json::json!({ "kind": "ve", "sigma_min": 2.0, "sigma_max": 1.0 }), "sigma_max"),
        (serde_json::json!({ "kind": "vp", "t_min": 0.0 }), "t_min"),
        (serde_json::json!({ "kind": "sub_vp", "beta_max": -1.0 }), "beta_max"),
        (serde_json::json!({ "kind": "laplace", "b": 0.0 }), "b"),
        (serde_json::json!({ "kind": "discrete", "betas": { "beta_end": 1.5 } }), "betas.beta_end"),
    ] {
        let error = read(value).check().expect_err("this should be refused").to_string();
        assert!(error.contains(&format!("`{field}`")), "{error}");
    }
}
