//! What samplers with their own steps promise: the tolerance, at whichever level one looks.

use std::cell::Cell;

use super::exponential::{column, even, numbers};
use super::*;

/// Noise to nearly data.
const WIDE: [f64; 2] = [20.0, 0.01];
/// Where steps are of one size: from much noise to little the error grows so fast that a third of the steps is tried in vain.
const NARROW: [f64; 2] = [2.0, 0.1];

fn dopri5(tolerance: f64) -> SamplerConfig {
    SamplerConfig::Dopri5(Dopri5 { rtol: tolerance, atol: tolerance })
}

fn bosh3(tolerance: f64) -> SamplerConfig {
    SamplerConfig::Bosh3(Bosh3 { rtol: tolerance, atol: tolerance })
}

fn dpm_adaptive(order: usize, tolerance: f64) -> SamplerConfig {
    SamplerConfig::DpmAdaptive(DpmAdaptive {
        order,
        rtol: tolerance,
        atol: tolerance,
        ..DpmAdaptive::default()
    })
}

/// Largest error at the `n` levels of a walk from one `σ/α` down to another, as a share of `1 + |x|`, and evaluations.
fn trial(sampler: &SamplerConfig, schedule: &ScheduleConfig, range: [f64; 2], n: usize) -> (f64, usize) {
    let ratio = |i: usize| range[0] * (range[1] / range[0]).powf(i as f64 / n as f64);
    let levels: Vec<Level> = (0..=n).map(|i| Level::at(&**schedule, schedule.time(ratio(i)))).collect();
    let noise = noise(1);
    let walk = Walk::new(&ideal, &**schedule, &levels, &noise);
    let mut sampler = sampler.build();
    let mut x = row(exact(levels[0]));
    let mut worst = 0.0_f64;
    for (i, pair) in levels.windows(2).enumerate() {
        walk.begin(i);
        x = sampler.step(&walk, x.into(), pair[0], pair[1]).expect("a step").into_tensor();
        let wanted = exact(pair[1]);
        worst = worst.max((x.clone().into_scalar::<f64>() - wanted).abs() / (1.0 + wanted.abs()));
    }
    (worst, walk.evaluations())
}

/// Every level of a fine grid is right to a few times the tolerance, though most are interpolated.
#[test]
fn every_level_is_right_to_a_few_times_the_tolerance() {
    for schedule in smooth() {
        for tolerance in [1e-3, 1e-5, 1e-7] {
            for sampler in [dopri5(tolerance), bosh3(tolerance)] {
                let (worst, evaluations) = trial(&sampler, &schedule, WIDE, 300);
                let place = format!("{} under {} at {tolerance:e}", sampler.name(), schedule.name());
                println!("{place}: {worst:.2e} in {evaluations} evaluations");
                assert!(worst < 10.0 * tolerance, "{place}: {worst:e}");
            }
        }
    }
}

/// Error falls with the tolerance, and work grows as its root: `q` is one more than the order of the error estimate. Tolerances
/// are so small that the start and what is tried in vain hardly count; the margin tells a fifth from a sixth and a quarter. The
/// schedules are those whose slope is of one size all the way.
#[test]
fn error_and_work_follow_the_tolerance() {
    for (make, rough, q) in [(dopri5 as fn(f64) -> SamplerConfig, 1e-10, 5.0), (bosh3, 1e-6, 3.0)] {
        for schedule in ["edm", "cond_ot", "vp"].map(|name| ScheduleConfig::named(name).expect(name)) {
            let [(error, cheap), (least, dear)] =
                [rough, 1e-3 * rough].map(|t| trial(&make(t), &schedule, NARROW, 20));
            let falls = (error / least).log10() / 3.0;
            let grows = (dear as f64 / cheap as f64).log10() / 3.0;
            let place = format!("{} under {}", make(1.0).name(), schedule.name());
            println!("{place}: error to the {falls:.2}, work to the {grows:.3} ({cheap} to {dear})");
            assert!((falls - 1.0).abs() < 0.25, "{place}: error falls as the tolerance to the {falls}");
            assert!((grows * q - 1.0).abs() < 0.15, "{place}: work grows as the tolerance to the -{grows}");
        }
    }
}

/// Where one looks does not change the way that is walked.
#[test]
fn the_grid_is_only_where_one_looks() {
    let schedule = ScheduleConfig::named("vp").expect("vp");
    for sampler in [dopri5(1e-6), bosh3(1e-6)] {
        let [(_, few), (_, many)] = [1, 500].map(|n| trial(&sampler, &schedule, WIDE, n));
        assert_eq!(few, many, "{}", sampler.name());
    }
}

/// Into data it goes by its own steps to the bottom of the model's range, however noisy the grid's last level is.
#[test]
fn where_the_walk_ends_does_not_depend_on_the_grid() {
    let bottom = 0.002;
    let schedules = ["edm", "cond_ot", "vp", "vp_linear"];
    for schedule in schedules.map(|name| ScheduleConfig::named(name).expect(name)) {
        let least = Level::at(&*schedule, schedule.time(bottom));
        let wanted = ideal(row(exact(least) / least.alpha), bottom).into_scalar::<f64>();
        let noise = noise(1);
        for (sampler, within) in [(dopri5(1e-6), 1e-5), (bosh3(1e-6), 1e-5), (dpm_adaptive(3, 1e-6), 1e-4)] {
            for steps in [1, 4, 20] {
                let levels = levels("linear", steps, &schedule);
                let course = Walk::new(&ideal, &*schedule, &levels, &noise).down_to(bottom);
                let x = walk(&sampler, &course, row(exact(levels[0]))).expect("a walk");
                let error = (x.into_scalar::<f64>() - wanted).abs();
                let place = format!("{} under {} in {steps}", sampler.name(), schedule.name());
                assert!(error < within, "{place}: {error:e}");
            }
        }
        let ways = [1, 20].map(|steps| {
            let levels = levels("linear", steps, &schedule);
            let course = Walk::new(&ideal, &*schedule, &levels, &noise).down_to(bottom);
            walk(&dopri5(1e-6), &course, row(exact(levels[0]))).expect("a walk");
            course.evaluations()
        });
        assert_eq!(ways[0], ways[1], "{}", schedule.name());
    }
}

/// The last step gives the denoised sample at the last level above data, where the model's range is not known or ends there.
#[test]
fn the_walk_ends_in_what_the_model_denoises() {
    let schedule = ScheduleConfig::named("edm").expect("edm");
    let levels = levels("karras", 5, &schedule);
    let noise = noise(1);
    let x = walk(&dopri5(1e-8), &Walk::new(&ideal, &*schedule, &levels, &noise), row(exact(levels[0])));
    let denoised = ideal(row(exact(levels[4])), levels[4].sigma);
    let difference = (x.expect("a walk") - denoised).abs().into_scalar::<f64>();
    assert!(difference < 1e-6, "{difference}");
}

fn failure(denoiser: &dyn Denoiser) -> String {
    let schedule = ScheduleConfig::named("edm").expect("edm");
    let levels = levels("karras", 5, &schedule);
    let noise = noise(1);
    let walked = walk(&dopri5(1e-4), &Walk::new(denoiser, &*schedule, &levels, &noise), row(80.0));
    walked.expect_err("it cannot be walked").to_string()
}

#[test]
fn what_cannot_be_met_is_an_error_that_names_the_level() {
    let error = failure(&|x: Tensor<2>, _: f64| x * f64::NAN);
    assert!(error.contains("dopri5") && error.contains("noise level 80.0000"), "{error}");
    // Not a number below a level, which a step has to come upon.
    let error = failure(&|x: Tensor<2>, sigma: f64| if sigma < 1.0 { x * f64::NAN } else { ideal(x, sigma) });
    assert!(error.contains("not a finite number") && error.contains("noise level 1.0000"), "{error}");
    // Another answer at every call, whatever the step.
    let calls = Cell::new(0_i32);
    let error = failure(&|x: Tensor<2>, _: f64| {
        calls.set(calls.get() + 1);
        x.zeros_like() + 1e25 * f64::from(calls.get() % 3)
    });
    assert!(error.contains("rtol 0.0001 and atol 0.0001 cannot be met at noise level 80"), "{error}");
}

/// Steps within a tolerance: fewer where it is loose, and an error that falls with it.
#[test]
fn dpm_adaptive_keeps_its_tolerance() {
    let schedule = ScheduleConfig::named("vp").expect("vp");
    for order in [2, 3] {
        let mut before = (f64::INFINITY, 0);
        for tolerance in [1e-2, 1e-4, 1e-6] {
            let sampler = dpm_adaptive(order, tolerance);
            let levels = even(20.0, 0.02, 1, &*schedule);
            let noise = noise(1);
            let plan = Walk::new(&ideal, &*schedule, &levels, &noise);
            let start = 10.0;
            let end = walk(&sampler, &plan, column(&[start * levels[0].alpha])).expect("a walk");
            let exact = MEAN + (start - MEAN) * ((VAR + 0.0004) / (VAR + 400.0)).sqrt();
            let error = (numbers(end)[0] / levels[1].alpha - exact).abs();
            assert!(error < 20.0 * tolerance && error < before.0, "order {order}, {tolerance}: {error:e}");
            assert!(plan.evaluations() > before.1, "order {order}: {}", plan.evaluations());
            before = (error, plan.evaluations());
        }
    }
}

#[test]
fn dpm_adaptive_names_the_level_where_it_cannot_go_on() {
    let schedule = ScheduleConfig::named("edm").expect("edm");
    let levels = even(20.0, 0.02, 1, &*schedule);
    let noise = noise(1);
    let broken = |x: Tensor<2>, sigma: f64| if sigma < 1.0 { x * f64::NAN } else { x * 0.5 };
    let sampler = SamplerConfig::named("dpm_adaptive").expect("dpm_adaptive");
    let end = walk(&sampler, &Walk::new(&broken, &*schedule, &levels, &noise), column(&[1.0]));
    let error = end.expect_err("not a number").to_string();
    assert!(error.contains("at noise level") && error.contains("NaN"), "{error}");
}
