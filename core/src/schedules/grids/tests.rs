//! What every registered grid promises, and published tables.

mod diffusers;

use serde_json::json;

use super::super::ScheduleConfig;
use super::*;
use crate::config::{schema, typed};

fn schedule(name: &str) -> ScheduleConfig {
    ScheduleConfig::named(name).expect("a schedule")
}

fn span(steps: usize, schedule: &dyn Schedule) -> Span<'_> {
    Span { steps, schedule, range: [0.002, 80.0], features: 784 }
}

fn grid(value: serde_json::Value) -> GridConfig {
    typed(value).expect("a grid")
}

/// `σ/α` of the grid's steps in the frame where time is the noise level.
fn ratios(grid: &GridConfig, steps: usize, range: [f64; 2]) -> Vec<f64> {
    let edm = schedule("edm");
    let levels = grid.levels(&Span { range, ..span(steps, &*edm) }).expect("a grid");
    levels[..steps].iter().map(|level| level.ratio()).collect()
}

fn near(levels: &[f64], golden: &[f64], tolerance: f64) {
    assert_eq!(levels.len(), golden.len(), "{levels:?}");
    for (level, golden) in levels.iter().zip(golden) {
        assert!((level - golden).abs() <= tolerance * golden, "{levels:?}, not {golden}");
    }
}

fn refusal(grid: &GridConfig, steps: usize) -> String {
    grid.levels(&span(steps, &*schedule("edm"))).expect_err("no grid").to_string()
}

#[test]
fn every_grid_falls_from_the_top_to_data_under_every_schedule() {
    for (grid, schedule) in
        GridConfig::all().iter().flat_map(|g| ScheduleConfig::all().into_iter().map(move |s| (g, s)))
    {
        for steps in [1, 2, 7, 100] {
            let place = format!("{} {} {steps}", grid.name(), schedule.name());
            let result = grid.levels(&span(steps, &*schedule));
            // Tables have levels of their own, which some schedules do not reach.
            let own = ["discrete", "ays"].contains(&grid.name());
            if let (true, Err(error)) = (own && schedule.largest().is_finite(), &result) {
                assert!(error.to_string().contains("all that the schedule reaches"), "{place}: {error}");
                continue;
            }
            let levels = result.expect(&place);
            assert_eq!(levels.len(), steps + 1, "{place}");
            let top = schedule.largest().min(80.0);
            assert!(own || (levels[0].ratio() / top - 1.0).abs() < 1e-9, "{place}: {}", levels[0].ratio());
            assert!((levels[steps].sigma == 0.0) == (grid.name() != "stop"), "{place}");
        }
        assert!(grid.levels(&span(0, &*schedule)).is_err());
    }
}

/// Eq. 5 of Karras et al. 2022 written out once more, and its two ends.
#[test]
fn karras_is_the_papers() {
    let sigmas = ratios(&GridConfig::named("karras").expect("karras"), 10, [0.002, 80.0]);
    let formula = |i: f64| {
        let (max, min) = (80_f64.powf(1.0 / 7.0), 0.002_f64.powf(1.0 / 7.0));
        (max + i / 9.0 * (min - max)).powi(7)
    };
    assert!((sigmas[0] - 80.0).abs() < 1e-9 && (sigmas[9] - 0.002).abs() < 1e-12);
    assert!((0..10).all(|i| (sigmas[i] - formula(i as f64)).abs() < 1e-9));
}

#[test]
fn exponential_log_snr_and_the_first_power_are_one() {
    let of = |name: &str| ratios(&GridConfig::named(name).expect("a grid"), 17, [0.01, 50.0]);
    near(&of("log_snr"), &of("exponential"), 1e-13);
    near(&of("polynomial"), &of("exponential"), 1e-13);
    near(&of("explicit"), &of("exponential"), 1e-13);
}

/// Their definitions, in the frame that makes each plain.
#[test]
fn linear_quadratic_and_cosine_are_equal_steps_of_what_they_say() {
    let times = |name: &str, frame: &str| -> Vec<f64> {
        let (grid, frame) = (GridConfig::named(name).expect("a grid"), schedule(frame));
        grid.levels(&span(8, &*frame)).expect("a grid").iter().map(|level| level.t).collect()
    };
    let part = |i: usize| 1.0 - i as f64 / 8.0;
    let straight = 80.0 / 81.0;
    let linear: Vec<f64> = (0..9).map(|i| straight * part(i)).collect();
    let quadratic: Vec<f64> = (0..9).map(|i| straight * part(i) * part(i)).collect();
    let cosine: Vec<f64> = (0..9).map(|i| 80_f64.atan() * std::f64::consts::FRAC_2_PI * part(i)).collect();
    near(&times("linear", "cond_ot"), &linear, 1e-12);
    near(&times("quadratic", "cond_ot"), &quadratic, 1e-12);
    near(&times("cosine", "vp"), &cosine, 1e-12);
}

/// A shift of time on the straight path, written out; the walk's two ends stay.
#[test]
fn a_shift_moves_the_straight_paths_time() {
    let frame = schedule("cond_ot");
    let levels = grid(json!({ "kind": "shift", "shift": 5.0 })).levels(&span(10, &*frame)).expect("a grid");
    let top = 16.0 / 17.0;
    for (i, level) in levels.iter().enumerate() {
        let t = top * (1.0 - i as f64 / 10.0);
        assert!((level.t - 5.0 * t / (1.0 + 4.0 * t)).abs() < 1e-14, "{level:?}");
    }
    let shifted = grid(json!({ "kind": "shift", "shift": 5.0, "base": { "kind": "karras", "rho": 3.0 } }));
    let levels = ratios(&shifted, 10, [0.01, 50.0]);
    near(&[levels[0], levels[9]], &[50.0, 0.01], 1e-12);
}

#[test]
fn a_shift_grows_with_the_sample() {
    let factor = |rule: &str, tokens: usize| {
        let Ok(GridConfig::Shift(shift)) = typed(json!({ "kind": "shift", "rule": rule })) else {
            panic!("a shift");
        };
        shift.factor(64 * tokens)
    };
    let near = |value: f64, wanted: f64| assert!((value - wanted).abs() < 1e-13, "{value} {wanted}");
    near(factor("constant", 999), 3.0);
    near(factor("root", 1024), 6.0);
    near(factor("exponential", 256), 0.5_f64.exp());
    near(factor("exponential", 4096), 1.15_f64.exp());
    near(factor("linear", 4096), 1.15);
}

/// Ten steps are the table; others are linear in its logarithm, the last level being where data takes over.
#[test]
fn align_your_steps_is_the_published_table() {
    let sdxl = grid(json!({ "kind": "ays", "table": "sdxl" }));
    near(&ratios(&sdxl, 10, [0.002, 80.0]), &AysTable::Sdxl.levels()[..10], 0.0);
    let twenty = ratios(&sdxl, 20, [0.002, 80.0]);
    near(&twenty[..4], &[14.615, (14.615_f64 * 6.315).sqrt(), 6.315, (6.315_f64 * 3.771).sqrt()], 1e-14);
    near(&twenty[19..], &[(0.113_f64 * 0.029).sqrt()], 1e-14);
}

#[test]
fn explicit_levels_are_taken_as_they_are() {
    let explicit = grid(json!({ "kind": "explicit", "levels": [10, 3, 0.1] }));
    near(&ratios(&explicit, 3, [0.002, 80.0]), &[10.0, 3.0, 0.1], 0.0);
    near(&ratios(&explicit, 5, [0.002, 80.0]), &[10.0, 30_f64.sqrt(), 3.0, 0.3_f64.sqrt(), 0.1], 1e-14);
}

/// A grid may hold another: it is written, read back and described all the same.
#[test]
fn a_grid_within_a_grid_is_a_configuration() {
    let written = json!({ "kind": "shift", "base": { "kind": "discrete", "respaced": "karras" } });
    let value = serde_json::to_value(grid(written)).expect("a map");
    assert_eq!(value["base"]["respaced"], json!({ "kind": "karras", "rho": 7.0 }));
    assert_eq!(serde_json::to_value(grid(value.clone())).expect("a map"), value);
    assert!(
        schema::<GridConfig>()["oneOf"].as_array().is_some_and(|all| all.len() > GridConfig::NAMES.len())
    );
}

/// A walk that a schedule cannot begin where it should begins where it can.
#[test]
fn the_start_is_clipped_to_what_the_schedule_reaches() {
    let frame = schedule("vp_scaled_linear");
    let levels = GridConfig::named("karras").and_then(|grid| grid.levels(&span(10, &*frame)));
    let levels = levels.expect("a grid");
    assert!((levels[0].ratio() / frame.largest() - 1.0).abs() < 1e-9);
    assert!((levels[9].ratio() / 0.002 - 1.0).abs() < 1e-9);
    let above = Span { range: [20.0, 80.0], ..span(10, &*frame) };
    let error = GridConfig::named("karras").expect("karras").levels(&above).expect_err("out of reach");
    assert!(error.to_string().contains("the schedule reaches 14.4"), "{error}");
}

#[test]
fn what_makes_no_grid_is_refused() {
    for (value, wanted) in [
        (json!({ "kind": "karras", "rho": 0 }), "`rho`: wanted a number above 0"),
        (json!({ "kind": "polynomial", "rho": -1 }), "`rho`"),
        (json!({ "kind": "beta", "alpha": 0 }), "`alpha`: wanted a number from 0.05 to 100"),
        (json!({ "kind": "shift", "shift": 0 }), "`shift`"),
        (json!({ "kind": "shift", "max_tokens": 256 }), "`max_tokens`: wanted 257 or more"),
        (json!({ "kind": "shift", "base": { "kind": "karras", "rho": 0 } }), "`base.rho`"),
        (json!({ "kind": "shift", "rule": "linear", "base_shift": -9 }), "`rule`: a sample of 784 numbers"),
        (
            json!({ "kind": "explicit", "levels": [3, 3, 1] }),
            "`levels.1`: noise levels must fall; 3 follows 3",
        ),
        (json!({ "kind": "explicit", "levels": [3, 0] }), "`levels.1`: wanted a number above 0"),
        (json!({ "kind": "explicit", "levels": [3] }), "`levels`: 10 steps cannot be made of one level"),
        (json!({ "kind": "discrete", "betas": { "beta_end": 1.5 } }), "`betas.beta_end`"),
        (json!({ "kind": "discrete", "respaced": { "kind": "karras", "rho": 0 } }), "`respaced.rho`"),
        (json!({ "kind": "discrete", "betas": { "train_steps": 9 } }), "10 are more than the 9"),
        (json!({ "kind": "discrete", "lambda_min": -5 }), "`lambda_min`: only the rule `dpm_solver`"),
        (json!({ "kind": "discrete", "lambda_min": 50, "rule": "dpm_solver" }), "no training step"),
        (json!({ "kind": "discrete", "lambda_min": -1, "rule": "dpm_solver" }), "leaves 5 of 10 trailing"),
        (json!({ "kind": "discrete", "steps_offset": 1 }), "`steps_offset`: only the training steps of"),
        (json!({ "kind": "discrete", "sigma_max": 10 }), "`sigma_max`: only another grid"),
        (
            json!({ "kind": "discrete", "respaced": "karras", "sigma_min": 5, "sigma_max": 1 }),
            "`sigma_max`: no grid runs from σ/α = 1 down to 5",
        ),
        (json!({ "kind": "discrete", "respaced": "stop" }), "`respaced`: this grid ends before data"),
        (json!({ "kind": "discrete", "betas": { "zero_terminal_snr": true } }), "there is no signal left"),
    ] {
        let error = refusal(&grid(value.clone()), 10);
        assert!(error.contains(wanted), "{value}: {error}");
    }
    let bad = super::super::VpLinear { beta_min: -1.0, beta_max: 20.0 };
    let error =
        GridConfig::named("linear").expect("linear").levels(&span(10, &bad)).expect_err("no schedule");
    assert!(error.to_string().contains("`schedule.beta_min`"), "{error}");
}

/// Where none is left, `x/α` is not defined.
#[test]
fn a_walk_from_noise_alone_starts_where_there_is_still_signal() {
    let grid = grid(json!({ "kind": "linear", "from": 1 }));
    for schedule in ScheduleConfig::all() {
        let first = grid.levels(&span(10, &*schedule)).expect("a grid")[0];
        assert!(first.alpha > 0.0 && first.sigma > 0.9, "{}: {first:?}", schedule.name());
    }
}

/// The table's ends are all that another grid asks it for.
#[test]
fn training_steps_left_out_do_not_matter_to_a_grid_that_takes_over() {
    let clipped = json!({ "kind": "discrete", "lambda_min": -1, "rule": "dpm_solver", "respaced": "karras" });
    assert_eq!(ratios(&grid(clipped), 10, [0.002, 80.0]).len(), 10);
}

/// v-diffusion's `get_crash_schedule`, from noise alone: `σ = sin²(π t/2)`.
#[test]
fn crash_is_a_squared_sine_of_equal_steps() {
    let frame = schedule("vp");
    let span = Span { range: [0.002, 1e12], ..span(4, &*frame) };
    let levels = GridConfig::named("crash").and_then(|grid| grid.levels(&span)).expect("a grid");
    for (i, level) in levels.iter().enumerate() {
        let sigma = (std::f64::consts::FRAC_PI_2 * (1.0 - i as f64 / 4.0)).sin().powi(2);
        assert!((level.sigma - sigma).abs() < 1e-12, "{level:?}");
    }
}

/// It may repeat a level at its end, which no other grid may.
#[test]
fn a_grid_that_stops_ends_at_its_last_level() {
    let frame = schedule("edm");
    let levels = grid(json!({ "kind": "stop" })).levels(&span(5, &*frame)).expect("a grid");
    assert_eq!(levels[5], levels[4]);
    assert!((levels[5].sigma - 0.002).abs() < 1e-12);
    let shifted = grid(json!({ "kind": "shift", "base": "stop" })).levels(&span(5, &*frame)).expect("a grid");
    assert_eq!(shifted[5], shifted[4]);
    assert!((shifted[5].sigma - 0.002).abs() < 1e-12);
    // PNDM's end: the first training step, which `leading` has visited.
    let table = grid(json!({ "kind": "discrete", "ending": "lowest", "spacing": "leading" }));
    let levels = table.levels(&span(10, &*frame)).expect("a grid");
    assert_eq!(levels[10], levels[9]);
    assert!(refusal(&grid(json!({ "kind": "explicit", "levels": [2.0, 2.0] })), 2).contains("must fall"));
}

/// With both ends written and counted, and with the last left out.
#[test]
fn linear_steps_run_between_the_times_that_are_asked_for() {
    let frame = schedule("cond_ot");
    let times = |last: &str| -> Vec<f64> {
        let grid = grid(json!({ "kind": "linear", "from": 0.9, "to": 0.1, "last": last }));
        grid.levels(&span(4, &*frame)).expect("a grid").iter().map(|level| level.t).collect()
    };
    let between = |times: Vec<f64>, parts: f64| {
        assert_eq!(times[4], 0.0);
        (0..4).for_each(|i| assert!((times[i] - 0.9 + 0.8 * i as f64 / parts).abs() < 1e-14, "{times:?}"));
    };
    between(times("included"), 3.0);
    between(times("excluded"), 4.0);
}
