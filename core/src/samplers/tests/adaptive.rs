//! What samplers with their own steps promise: the tolerance, at whichever level one looks.

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
        x = sampler.step(&walk, x, pair[0], pair[1]).expect("a step");
        let wanted = exact(pair[1]);
        worst = worst.max((x.clone().into_scalar::<f64>() - wanted).abs() / (1.0 + wanted.abs()));
    }
    (worst, walk.evaluations())
}

/// Every level of a fine grid is right to a few times the tolerance, though most are interpolated.
#[test]
fn every_level_is_right_to_a_few_times_the_tolerance() {
    for schedule in ScheduleConfig::all() {
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
/// are so small that the start and what is tried in vain hardly count; the margin tells a fifth from a sixth and a quarter.
#[test]
fn error_and_work_follow_the_tolerance() {
    for (make, rough, q) in [(dopri5 as fn(f64) -> SamplerConfig, 1e-10, 5.0), (bosh3, 1e-6, 3.0)] {
        for schedule in ScheduleConfig::all() {
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

/// The last step gives the denoised sample at the last level above data.
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
