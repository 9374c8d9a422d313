//! What exponential integrators promise beyond their defaults, in double precision.

use burn::tensor::DType;
use serde_json::json;

use super::*;
use crate::config::typed;

/// The sampler of that configuration.
fn config(value: serde_json::Value) -> SamplerConfig {
    typed(value).expect("a sampler")
}

fn configs(values: impl IntoIterator<Item = serde_json::Value>) -> Vec<SamplerConfig> {
    values.into_iter().map(config).collect()
}

/// Rows of one number, `f64`.
pub(super) fn column(values: &[f64]) -> Tensor<2> {
    let data = TensorData::new(values.to_vec(), [values.len(), 1]);
    Tensor::from_data(data, (&Device::flex(), DType::F64))
}

pub(super) fn numbers(x: Tensor<2>) -> Vec<f64> {
    x.into_data().try_into_vec().expect("f64")
}

/// Levels of equal steps in `λ`.
pub(super) fn even(top: f64, bottom: f64, n: usize, schedule: &dyn Schedule) -> Vec<Level> {
    let ratio = |i: usize| top * (bottom / top).powf(i as f64 / n as f64);
    (0..=n).map(|i| Level::at(schedule, schedule.time(ratio(i)))).collect()
}

/// Relative error of a walk from `σ/α = 2` to `0.5` in equal steps of the schedule's time.
fn error(sampler: &SamplerConfig, schedule: &ScheduleConfig, n: usize) -> f64 {
    let [top, bottom] = [schedule.time(2.0), schedule.time(0.5)];
    let level = |i: usize| Level::at(&**schedule, top + (bottom - top) * i as f64 / n as f64);
    let levels: Vec<Level> = (0..=n).map(level).collect();
    let noise = noise(1);
    let x = column(&[1.5 * levels[0].alpha]);
    let end = walk(sampler, &Walk::new(&ideal, &**schedule, &levels, &noise), x).expect("a walk");
    let exact = MEAN + (1.5 - MEAN) * ((VAR + 0.25) / (VAR + 4.0)).sqrt();
    (numbers(end)[0] / levels[n].alpha - exact).abs()
}

/// Every combination of options without noise.
fn deterministic() -> Vec<SamplerConfig> {
    let mut all = Vec::new();
    for order in 1..=3 {
        for last in ["lower_order", "euler", "full"] {
            all.push(json!({ "kind": "deis", "order": order, "last": last }));
            for second in ["midpoint", "heun"] {
                for (kind, method) in [
                    ("dpm", "multistep"),
                    ("dpm", "singlestep"),
                    ("dpmpp", "multistep"),
                    ("dpmpp", "singlestep"),
                ] {
                    all.push(json!({
                        "kind": kind, "order": order, "method": method, "second": second, "last": last,
                    }));
                }
            }
            for (variant, predict) in [("bh1", "data"), ("bh2", "data"), ("bh1", "noise"), ("bh2", "noise")] {
                for corrector in [true, false] {
                    all.push(json!({
                        "kind": "unipc", "order": order, "variant": variant, "predict": predict,
                        "corrector": corrector, "last": last,
                    }));
                }
            }
        }
    }
    for (p, c) in [(1, 1), (1, 2), (2, 2), (3, 3), (4, 4), (3, 1), (1, 4)] {
        for predict in ["data", "noise"] {
            all.push(json!({
                "kind": "sa_solver", "predictor_order": p, "corrector_order": c, "tau": 0, "predict": predict,
            }));
        }
    }
    for kind in ["dpmpp_sde", "dpmpp_2s_ancestral", "dpmpp_2m_sde", "dpmpp_3m_sde"] {
        all.push(json!({ "kind": kind, "eta": 0 }));
    }
    configs(all)
}

/// At order `p`, `error nᵖ` stays bounded. A quotient of two errors would not do: what is of order 2 has terms of order 3 of the other
/// sign, and an error that passes through zero.
#[test]
fn every_option_converges_at_its_order_under_every_schedule() {
    for sampler in deterministic() {
        assert!(!sampler.stochastic());
        for schedule in smooth() {
            // Whole groups of singlestep solvers of every order.
            let [few, more, many] = [96, 192, 768]
                .map(|n: usize| error(&sampler, &schedule, n) * (n as f64).powi(sampler.order() as i32));
            assert!(many < 2.0 * few.max(more), "{sampler:?} under {}: {few} {more} {many}", schedule.name());
        }
    }
}

/// The error of each step by itself where what is predicted is `λᵏ`, whatever `x` is.
fn local_errors(sampler: &SamplerConfig, predicts: Predicts, k: i32, n: usize) -> Vec<f64> {
    let schedule = ScheduleConfig::named("edm").expect("edm");
    let ratio = |i: usize| 3.0 * 0.1_f64.powf((i as f64 / n as f64).powf(1.3));
    let levels: Vec<Level> = (0..=n).map(|i| Level::at(&*schedule, ratio(i))).collect();
    let denoiser = |x: Tensor<2>, sigma: f64| {
        let power = (-sigma.ln()).powi(k);
        match predicts {
            Predicts::Data => x * 0.0 + power,
            Predicts::Noise => x - sigma * power,
        }
    };
    let noise = noise(1);
    let walk = Walk::new(&denoiser, &*schedule, &levels, &noise);
    let mut solver = sampler.build();
    let mut x = column(&[1.0]);
    let mut errors = Vec::new();
    let mut exact = 1.0;
    for (i, pair) in levels.windows(2).enumerate() {
        walk.begin(i);
        exact += integral(predicts, k, exact, pair[0].sigma, pair[1].sigma);
        x = solver.step(&walk, x.into(), pair[0], pair[1]).expect("a step").into_tensor();
        let end = numbers(x.clone())[0];
        errors.push((end - exact).abs());
        exact = end;
    }
    errors
}

/// `∫ (x − D)/σ dσ` with `D = λᵏ`, or `∫ λᵏ dσ`, by Gauss's rule in `λ` on 64 parts.
fn integral(predicts: Predicts, k: i32, x: f64, from: f64, to: f64) -> f64 {
    let (a, b) = (-from.ln(), -to.ln());
    let rule = |f: &dyn Fn(f64) -> f64| -> f64 {
        let h = (b - a) / 64.0;
        let part = |i: i32| {
            let mid = a + (f64::from(i) + 0.5) * h;
            let r = (0.6_f64).sqrt() * h / 2.0;
            (5.0 * f(mid - r) + 8.0 * f(mid) + 5.0 * f(mid + r)) * h / 18.0
        };
        (0..64).map(part).sum()
    };
    match predicts {
        // x e^λ grows by ∫ e^λ D dλ.
        Predicts::Data => (x * a.exp() + rule(&|l| l.exp() * l.powi(k))) * to - x,
        Predicts::Noise => rule(&|l| -(-l).exp() * l.powi(k)),
    }
}

/// Once their memory is filled, integrators are exact for predictions that are polynomials in `λ`, of lower degree than their order.
#[test]
fn integrators_are_exact_for_polynomials() {
    let (data, noise) = (Predicts::Data, Predicts::Noise);
    for (value, predicts, degree) in [
        (json!({ "kind": "dpmpp", "order": 1, "last": "full" }), data, 0),
        (json!({ "kind": "dpmpp", "order": 2, "second": "heun", "last": "full" }), data, 1),
        (json!({ "kind": "dpmpp", "order": 3, "last": "full" }), data, 1),
        (json!({ "kind": "dpm", "order": 2, "second": "heun", "last": "full" }), noise, 1),
        (json!({ "kind": "deis", "order": 2, "last": "full" }), noise, 1),
        (json!({ "kind": "deis", "order": 3, "last": "full" }), noise, 2),
        (json!({ "kind": "unipc", "order": 3, "last": "full" }), data, 2),
        (json!({ "kind": "unipc", "order": 3, "predict": "noise", "last": "full" }), noise, 2),
        (
            json!({ "kind": "sa_solver", "predictor_order": 3, "corrector_order": 3, "tau": 0, "last": "full" }),
            data,
            2,
        ),
        (
            json!({ "kind": "sa_solver", "predictor_order": 4, "corrector_order": 4, "tau": 0, "last": "full" }),
            data,
            3,
        ),
        (json!({ "kind": "dpmpp_3m_sde", "eta": 0 }), data, 1),
    ] {
        let sampler = config(value);
        for k in 0..=degree {
            let errors = local_errors(&sampler, predicts, k, 20);
            // The corrector mends the step before the one that is looked at: its memory is filled two steps later.
            let worst = errors[6..].iter().fold(0.0_f64, |worst, error| worst.max(*error));
            assert!(worst < 1e-12, "{sampler:?}, degree {k}: {worst:e}");
        }
        let beyond = local_errors(&sampler, predicts, degree + 1, 20);
        assert!(beyond[6..].iter().any(|error| *error > 1e-9), "{sampler:?} is better than it says");
    }
}

/// At the beginning of a straight path `x` is all noise, of a weight of 10¹² beside that of the data, in single precision too.
#[test]
fn nothing_is_lost_where_a_walk_starts_from_noise_alone() {
    let schedule = ScheduleConfig::named("cond_ot").expect("cond_ot");
    let top = schedule.time(f64::INFINITY);
    let level = |i: u32| Level::at(&*schedule, top * (1.0 - f64::from(i) / 20.0));
    let levels: Vec<Level> = (0..=20).map(level).collect();
    for sampler in configs([
        json!("deis"),
        json!({ "kind": "deis", "order": 3 }),
        json!("dpm"),
        json!({ "kind": "dpm", "order": 3 }),
        json!({ "kind": "unipc", "predict": "noise", "corrector": false }),
        json!({ "kind": "unipc", "predict": "noise", "uncorrected": [0] }),
        json!("lms"),
        json!({ "kind": "lms", "order": 1 }),
    ]) {
        let noise = noise(3);
        let course = Walk::new(&ideal, &*schedule, &levels, &noise);
        let run = |dtype| {
            let end = walk(&sampler, &course, column(&[-1.3, 0.2, 0.9]).cast(dtype));
            numbers(end.expect("a walk").cast(DType::F64))
        };
        let (single, double) = (run(DType::F32), run(DType::F64));
        let worst = single.iter().zip(&double).fold(0.0_f64, |worst, (a, b)| worst.max((a - b).abs()));
        assert!(worst < 1e-4, "{sampler:?}: {single:?}, not {double:?}");
    }
}

/// Groups of three are exact at their ends.
#[test]
fn a_group_of_singlestep_order_three_is_exact_for_parabolas() {
    for (kind, predicts) in [("dpm", Predicts::Noise), ("dpmpp", Predicts::Data)] {
        let sampler = config(json!({
            "kind": kind, "method": "singlestep", "order": 3, "second": "heun", "last": "full",
        }));
        let schedule = ScheduleConfig::named("edm").expect("edm");
        let levels = even(2.0, 0.5, 3, &*schedule);
        let denoiser = |x: Tensor<2>, sigma: f64| match predicts {
            Predicts::Data => x * 0.0 + sigma.ln().powi(2),
            Predicts::Noise => x - sigma * sigma.ln().powi(2),
        };
        let noise = noise(1);
        let end = walk(&sampler, &Walk::new(&denoiser, &*schedule, &levels, &noise), column(&[1.0]));
        let exact = 1.0 + integral(predicts, 2, 1.0, 2.0, 0.5);
        let end = numbers(end.expect("a walk"))[0];
        assert!((end - exact).abs() < 1e-9, "{kind}: {end} {exact}");
    }
}

/// The ends of two samplers on the same walk.
fn difference(a: serde_json::Value, b: serde_json::Value, steps: usize) -> f64 {
    let schedule = ScheduleConfig::named("vp").expect("vp");
    let levels = levels("karras", steps, &schedule);
    let noise = noise(16);
    let run = |value| {
        let x = noise.start(levels[0]).cast(DType::F64);
        walk(&config(value), &Walk::new(&ideal, &*schedule, &levels, &noise), x).expect("a walk")
    };
    let (a, b) = (numbers(run(a)), numbers(run(b)));
    a.iter().zip(&b).fold(0.0, |worst, (a, b)| worst.max((a - b).abs()))
}

#[test]
fn kin_agree_where_they_should() {
    for (a, b) in [
        (json!("dpmpp"), json!("dpmpp_2m")),
        (json!({ "kind": "dpmpp_2m_sde", "eta": 0 }), json!("dpmpp_2m")),
        (
            json!({ "kind": "dpmpp_2m_sde", "eta": 0, "second": "heun" }),
            json!({ "kind": "dpmpp", "second": "heun" }),
        ),
        (json!({ "kind": "dpmpp_sde", "eta": 0 }), json!({ "kind": "dpmpp_2s_ancestral", "eta": 0 })),
        (json!({ "kind": "unipc", "corrector": false }), json!("dpmpp")),
        (json!({ "kind": "dpm", "second": "heun" }), json!("deis")),
        (json!({ "kind": "dpm", "order": 1 }), json!("ddim")),
        (json!({ "kind": "dpmpp", "order": 1, "method": "singlestep" }), json!("ddim")),
        (json!({ "kind": "deis", "order": 1 }), json!("ddim")),
    ] {
        for steps in [1, 2, 3, 10, 20] {
            let worst = difference(a.clone(), b.clone(), steps);
            assert!(worst < 1e-9, "{a} and {b}, {steps} steps: {worst:e}");
        }
    }
}

/// The default order rule: in fewer than 15 steps the last is of order 1, the one before of order 2 at most.
#[test]
fn the_last_steps_are_lowered_as_the_options_say() {
    let schedule = ScheduleConfig::named("edm").expect("edm");
    let orders = |last: Last, n: usize, always: bool| -> Vec<usize> {
        let levels = even(2.0, 0.5, n, &*schedule);
        let noise = noise(1);
        let walk = Walk::new(&ideal, &*schedule, &levels, &noise);
        let order = |i: usize| {
            walk.begin(i);
            if always { last.falling(&walk, levels[i + 1], 3) } else { last.order(&walk, levels[i + 1], 3) }
        };
        (n - 3..n).map(order).collect()
    };
    assert_eq!(orders(Last::LowerOrder, 14, false), [3, 2, 1]);
    assert_eq!(orders(Last::LowerOrder, 15, false), [3, 3, 3]);
    assert_eq!(orders(Last::LowerOrder, 15, true), [3, 2, 1]);
    assert_eq!(orders(Last::Euler, 14, false), [3, 2, 1]);
    assert_eq!(orders(Last::Euler, 15, false), [3, 3, 1]);
    assert_eq!(orders(Last::Full, 14, false), [3, 3, 3]);
}

#[test]
fn evaluations_and_memory_are_as_promised_with_every_option() {
    let schedule = ScheduleConfig::named("vp").expect("vp");
    for sampler in deterministic() {
        for steps in [1, 7, 16] {
            let levels = levels("karras", steps, &schedule);
            let noise = noise(1);
            let walk = Walk::new(&ideal, &*schedule, &levels, &noise);
            let mut solver = sampler.build();
            let mut x = column(&[1.0]);
            for (i, pair) in levels.windows(2).enumerate() {
                walk.begin(i);
                x = solver.step(&walk, x.into(), pair[0], pair[1]).expect("a step").into_tensor();
                assert!(solver.kept() <= sampler.memory(), "{sampler:?} keeps {}", solver.kept());
            }
            assert!(numbers(x)[0].is_finite(), "{sampler:?}");
            let most = sampler.evaluations().expect("a number") * steps;
            assert!((most - most / steps + 1..=most).contains(&walk.evaluations()), "{sampler:?}");
        }
    }
}

#[test]
fn what_there_is_not_is_refused_by_name() {
    for (value, message) in [
        (json!({ "kind": "dpmpp", "order": 4 }), "`order`: there are 1, 2, 3; this is 4"),
        (json!({ "kind": "dpm", "order": 0 }), "`order`: there are 1, 2, 3; this is 0"),
        (json!({ "kind": "sde_dpmpp", "order": 3 }), "`order`: there are 1, 2; this is 3"),
        (json!({ "kind": "unipc", "order": 4 }), "`order`: there are 1, 2, 3; this is 4"),
        (json!({ "kind": "deis", "order": 4 }), "`order`: there are 1, 2, 3; this is 4"),
        (
            json!({ "kind": "sa_solver", "corrector_order": 5 }),
            "`corrector_order`: there are 1, 2, 3, 4; this is 5",
        ),
        (json!({ "kind": "sa_solver", "window": [3, 1] }), "`window`: wanted two noise levels"),
        (json!({ "kind": "dpmpp_sde", "r": 0 }), "`r`: wanted a number above 0 and below 1"),
        (json!({ "kind": "dpmpp_2m_sde", "eta": -1 }), "`eta`: wanted a number, 0 or more"),
        (json!({ "kind": "dpm_adaptive", "order": 1 }), "`order`: there are 2, 3; this is 1"),
        (json!({ "kind": "dpm_adaptive", "rtol": 0 }), "`rtol`: wanted a number above 0"),
        (json!({ "kind": "dpm_adaptive", "atol": 0 }), "`atol`: wanted a number above 0"),
    ] {
        let error = config(value.clone()).check().expect_err("it is refused").to_string();
        assert!(error.contains(message), "{value}: {error}");
    }
}

#[test]
fn ancestral_noise_adds_up_to_the_level() {
    for (from, to, eta) in [(3.0, 2.0, 0.0), (3.0, 2.0, 0.7), (3.0, 2.9, 1.0), (3.0, 1.0, 5.0)] {
        let (down, up) = frame::ancestral(from, to, eta);
        assert!((down.hypot(up) - to).abs() < 1e-14);
    }
    assert_eq!(frame::ancestral(3.0, 2.0, 0.0), (2.0, 0.0));
    assert_eq!(frame::ancestral(3.0, 0.0, 1.0), (0.0, 0.0));
}

/// As many evaluations as steps; third order where the last substep is of order 2.
#[test]
fn dpm_fast_spends_its_evaluations_and_converges() {
    let schedule = ScheduleConfig::named("vp").expect("vp");
    let sampler = config(json!("dpm_fast"));
    for steps in 1..=12 {
        let levels = levels("karras", steps, &schedule);
        let noise = noise(1);
        let plan = Walk::new(&ideal, &*schedule, &levels, &noise);
        walk(&sampler, &plan, column(&[1.0])).expect("a walk");
        assert_eq!(plan.evaluations(), steps);
    }
    let order = |n: [usize; 2]| {
        let [few, many] = n.map(|n| error(&sampler, &schedule, n));
        (few / many).ln() / ((n[1] / 3 + 1) as f64 / (n[0] / 3 + 1) as f64).ln()
    };
    assert!((order([23, 47]) - 3.0).abs() < 0.3, "{}", order([23, 47]));
    assert!((order([22, 46]) - 2.0).abs() < 0.3, "{}", order([22, 46]));
    assert!((order([21, 45]) - 2.0).abs() < 0.3, "{}", order([21, 45]));
}
