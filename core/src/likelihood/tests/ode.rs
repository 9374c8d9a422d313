//! The ODE's density against the exact one.

use serde_json::json;

use super::*;

const POINTS: [[f64; 2]; 6] = [[1.0, 0.7], [0.1, 0.8], [-0.8, 0.5], [0.2, -1.1], [0.6, -0.2], [2.0, 2.0]];

fn worst(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

fn rk4(steps: usize) -> LikelihoodConfig {
    method(json!({ "kind": "ode", "integrator": "rk4", "divergence": "exact", "steps": steps }))
}

#[test]
fn gaussians_and_mixtures_are_found_to_a_ten_thousandth_of_a_nat() {
    let x = doubles(&POINTS);
    for (what, mixture) in [("a Gaussian", &MIXTURE[2..]), ("a mixture", &MIXTURE[..])] {
        // Of the Gaussian alone the weight is none of the density's.
        let shift = if mixture.len() == 1 { mixture[0].weight.ln() } else { 0.0 };
        let exact: Vec<f64> = exact(&x, mixture, 0.01).iter().map(|value| value - shift).collect();
        let found = judge(&rk4(300), process(mixture), x.clone(), &Query::default());
        let error = worst(&found, &exact);
        println!("{what}: {error:.1e}");
        assert!(error < 1e-4, "{what}: {found:?} is not {exact:?}");
    }
}

#[test]
fn every_integrator_comes_to_the_same_density_and_single_precision_does_not_spoil_it() {
    let x = doubles(&POINTS);
    let exact = exact(&x, &MIXTURE, 0.01);
    for (method, allowed) in [
        (json!({ "kind": "ode", "integrator": "heun", "steps": 1500 }), 1e-3),
        (json!({ "kind": "ode", "integrator": { "kind": "dopri5", "tolerance": 1e-8 } }), 1e-4),
    ] {
        let found = judge(&super::method(method.clone()), process(&MIXTURE), x.clone(), &Query::default());
        assert!(worst(&found, &exact) < allowed, "{method}: {found:?} is not {exact:?}");
    }
    let single = x.cast(DType::F32);
    let found = judge(&rk4(200), process(&MIXTURE), single, &Query::default());
    assert!(worst(&found, &exact) < 2e-3, "{found:?} is not {exact:?}");
}

/// A point mass: its denoiser does not depend on `x`, so there is no gradient to ask for.
#[test]
fn a_point_mass_is_the_noise_of_the_lowest_level() {
    let process = Process {
        denoiser: Box::new(|x: Tensor<2>, _: f64| x.zeros_like()),
        sigma_data: 1.0,
        range: [0.5, 1e5],
        table: None,
    };
    let point = Component { weight: 1.0, mean: [0.0, 0.0], var: 0.0 };
    let x = doubles(&POINTS);
    let exact = exact(&x, &[point], 0.5);
    let found = judge(&rk4(300), process, x, &Query::default());
    assert!(worst(&found, &exact) < 1e-4, "{found:?} is not {exact:?}");
}

/// One point many times: each copy has its own probe, and all together have the exact value.
#[test]
fn hutchinsons_estimate_is_unbiased() {
    let x = doubles(&[[0.1, 0.8]; 400]);
    let exact = judge(&rk4(60), process(&MIXTURE), x.clone().narrow(0, 0, 1), &Query::default())[0];
    for (probe, probes) in [("rademacher", 1), ("gaussian", 1), ("rademacher", 4)] {
        let divergence = json!({ "kind": "hutchinson", "probe": probe, "probes": probes });
        let method = method(json!({ "kind": "ode", "divergence": divergence, "steps": 60 }));
        let (mean, error) = mean(&judge(&method, process(&MIXTURE), x.clone(), &Query::default()));
        println!("{probe} {probes}: {mean:.4} ± {error:.4}, exact {exact:.4}");
        assert!(error > 1e-6, "{probe}: these probes did not differ");
        assert!((mean - exact).abs() < 4.0 * error, "{probe} {probes}: {mean} ± {error} is not {exact}");
    }
}

#[test]
fn a_row_is_judged_alike_alone_and_in_a_batch() {
    let x = doubles(&POINTS);
    let query = |first| Query { seed: 3, first, cells: Some(Cells::BYTES), ..Query::default() };
    let method = method(json!({ "kind": "ode", "divergence": "hutchinson", "steps": 20 }));
    let whole = judge(&method, process(&MIXTURE), x.clone(), &query(0));
    let part = judge(&method, process(&MIXTURE), x.narrow(0, 2, 2), &query(2));
    assert!(worst(&whole[2..4], &part) < 1e-10, "{whole:?} {part:?}");
    let other = judge(&method, process(&MIXTURE), doubles(&POINTS[2..4]), &query(0));
    assert!(worst(&other, &part) > 1e-4, "rows have probes and cells of their own");
}

/// Within a cell the density hardly changes, so the cell's mass is the density times its width.
#[test]
fn of_discrete_data_the_mass_of_the_cell_is_found() {
    let x = doubles(&[[0.6, -0.2]; 300]);
    let query = Query { cells: Some(Cells::BYTES), ..Query::default() };
    let (mass, error) = mean(&judge(&rk4(60), process(&MIXTURE), x.clone(), &query));
    let density = judge(&rk4(60), process(&MIXTURE), x.narrow(0, 0, 1), &Query::default())[0];
    let expected = density + 2.0 * Cells::BYTES.width().ln();
    assert!((mass - expected).abs() < 4.0 * error + 1e-4, "{mass} ± {error} is not {expected}");
}

#[test]
fn an_estimation_tells_how_far_it_is_and_ends_once() {
    let mut estimation =
        rk4(7).begin(process(&MIXTURE), doubles(&POINTS), &Query::default()).expect("a start");
    for step in 1..=7 {
        let estimate = estimation.step().expect("a step").expect("an estimate");
        assert_eq!(estimate.step, step);
        assert!((estimate.done - step as f64 / 7.0).abs() < 1e-9);
        assert_eq!(estimate.log_prob.is_some(), step == 7);
    }
    assert!(estimation.step().is_none());
    assert_eq!(estimation.evaluations(), 28);
    assert!(finish(&mut *estimation).is_err());
}

#[test]
fn what_no_method_can_do_is_refused() {
    for (value, wanted) in [
        (json!({ "kind": "ode", "steps": 0 }), "`steps`: wanted 1 or more"),
        (
            json!({ "kind": "ode", "integrator": { "kind": "dopri5", "tolerance": 0 } }),
            "`integrator.tolerance`: wanted a number from 0.0000000001 to 1",
        ),
        (
            json!({ "kind": "ode", "divergence": { "kind": "hutchinson", "probes": 0 } }),
            "`divergence.probes`: wanted a number from 1 to 4096",
        ),
        (json!({ "kind": "bound", "steps": 0 }), "`steps`: wanted 1 or more"),
        (
            json!({ "kind": "bound", "grid": { "kind": "karras", "rho": 0 } }),
            "`grid.rho`: wanted a number above 0",
        ),
    ] {
        let begun = method(value.clone()).begin(process(&MIXTURE), doubles(&POINTS), &Query::default());
        let error = begun.err().expect("this should be refused").to_string();
        assert!(error.contains(wanted), "{value}: {error}");
    }
    let lost = Process {
        denoiser: Box::new(|x: Tensor<2>, _: f64| x * f64::NAN),
        sigma_data: 1.0,
        range: [0.01, 100.0],
        table: None,
    };
    let adaptive = method(json!({ "kind": "ode", "integrator": "dopri5" }));
    let mut estimation = adaptive.begin(lost, doubles(&POINTS), &Query::default()).expect("a start");
    let error = finish(&mut *estimation).expect_err("no step is short enough").to_string();
    assert!(error.contains("at noise level 0.010") && error.contains("rk4"), "{error}");
    assert!(estimation.step().is_none());
}
