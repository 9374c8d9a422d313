//! What every registered sampler promises, on data whose denoiser is known: `y ~ N(μ, s²)` in each feature.

mod exponential;
mod sde;

use super::*;
use crate::schedules::ScheduleConfig;
use crate::schedules::grids::{GridConfig, Span};

const MEAN: f64 = 0.4;
const VAR: f64 = 0.25;

/// `D(x; σ) = (s² x + σ² μ)/(s² + σ²)`.
fn ideal(x: Tensor<2>, sigma: f64) -> Tensor<2> {
    let total = VAR + sigma * sigma;
    x * (VAR / total) + MEAN * sigma * sigma / total
}

/// The levels of a named grid under that schedule.
fn levels(grid: &str, steps: usize, schedule: &ScheduleConfig) -> Vec<Level> {
    let span = Span { steps, schedule: &**schedule, range: [0.002, 80.0], features: 1 };
    GridConfig::named(grid).and_then(|grid| grid.levels(&span)).expect("a grid")
}

fn noise(rows: usize) -> Noise {
    Noise { seed: 1, first: 0, rows, features: 1, device: Device::flex() }
}

/// Error of walking from `σ/α = 2` to `0.5` in `n` equal steps of the schedule's time (the solution is that of the ODE:
/// `(x/α − μ)` shrinks as `sqrt(s² + σ²/α²)`).
fn error(sampler: &SamplerConfig, schedule: &ScheduleConfig, n: usize) -> f64 {
    let [top, bottom] = [schedule.time(2.0), schedule.time(0.5)];
    let level = |i: usize| Level::at(&**schedule, top + (bottom - top) * i as f64 / n as f64);
    let levels: Vec<Level> = (0..=n).map(level).collect();
    let noise = noise(1);
    let x0 = 1.5;
    let x = Tensor::from_floats([[x0 * levels[0].alpha]], &Device::flex());
    let end = walk(sampler, &Walk::new(&ideal, &**schedule, &levels, &noise), x).expect("a walk");
    let shrink = ((VAR + 0.25) / (VAR + 4.0)).sqrt();
    let exact = (MEAN + (x0 - MEAN) * shrink) * levels[n].alpha;
    (f64::from(end.into_scalar::<f32>()) - exact).abs()
}

#[test]
fn deterministic_samplers_converge_at_their_order_under_every_schedule() {
    let measured = |sampler: &&SamplerConfig| !sampler.stochastic() && sampler.evaluations().is_some();
    for sampler in SamplerConfig::all().iter().filter(measured) {
        for schedule in ScheduleConfig::all() {
            let measured = (error(sampler, &schedule, 16) / error(sampler, &schedule, 32)).log2();
            println!("{} under {}: order {measured:.2}", sampler.name(), schedule.name());
            let promised = f64::from(sampler.order());
            assert!(
                (measured - promised).abs() < 0.4,
                "{} under {}: {measured}",
                sampler.name(),
                schedule.name()
            );
        }
    }
}

/// From noise to data in 200 steps the samples have the data's mean and variance.
#[test]
fn every_sampler_reaches_the_moments_of_the_data_under_every_schedule() {
    let mut samplers = SamplerConfig::all();
    samplers.push(SamplerConfig::Ddim(ddim::Ddim { eta: 0.5 }));
    let rows = 4000;
    for (sampler, schedule) in
        samplers.iter().flat_map(|s| ScheduleConfig::all().into_iter().map(move |schedule| (s, schedule)))
    {
        let levels = levels("karras", 200, &schedule);
        let noise = noise(rows);
        let start = noise.start(levels[0]);
        let x = walk(sampler, &Walk::new(&ideal, &*schedule, &levels, &noise), start).expect("a walk");
        let (var, mean) = x.var_mean(0);
        let (var, mean) = (f64::from(var.into_scalar::<f32>()), f64::from(mean.into_scalar::<f32>()));
        // Four standard errors of 4,000 samples, and 2 % for 200 steps.
        assert!((mean - MEAN).abs() < 0.032 + 0.01, "{} {}: mean {mean}", sampler.name(), schedule.name());
        assert!(
            (var / VAR - 1.0).abs() < 0.09 + 0.02,
            "{} {}: variance {var}",
            sampler.name(),
            schedule.name()
        );
    }
}

#[test]
fn ddpm_is_ddim_with_eta_one() {
    let schedule = ScheduleConfig::named("vp").expect("vp");
    let levels = levels("linear", 10, &schedule);
    let noise = noise(64);
    let run = |sampler: SamplerConfig| {
        let x = noise.start(levels[0]);
        walk(&sampler, &Walk::new(&ideal, &*schedule, &levels, &noise), x).expect("a walk")
    };
    let ddpm = run(SamplerConfig::named("ddpm").expect("ddpm"));
    let ddim = run(SamplerConfig::Ddim(ddim::Ddim { eta: 1.0 }));
    let difference = (ddpm - ddim).abs().max().into_scalar::<f32>();
    assert!(difference < 1e-5, "{difference}");
}

#[test]
fn euler_under_the_edm_schedule_is_ddim() {
    let schedule = ScheduleConfig::named("edm").expect("edm");
    let levels = levels("karras", 10, &schedule);
    let noise = noise(64);
    let run = |name: &str| {
        let sampler = SamplerConfig::named(name).expect("a sampler");
        walk(&sampler, &Walk::new(&ideal, &*schedule, &levels, &noise), noise.start(levels[0]))
            .expect("a walk")
    };
    let difference = (run("euler") - run("ddim")).abs().max().into_scalar::<f32>();
    assert!(difference < 1e-4, "{difference}");
}

#[test]
fn evaluations_and_memory_are_as_promised() {
    let schedule = ScheduleConfig::named("edm").expect("edm");
    let levels = levels("karras", 10, &schedule);
    let noise = noise(1);
    for config in SamplerConfig::all() {
        let walk = Walk::new(&ideal, &*schedule, &levels, &noise);
        let mut sampler = config.build();
        let mut x = noise.start(levels[0]);
        for (i, pair) in levels.windows(2).enumerate() {
            walk.begin(i);
            x = sampler.step(&walk, x, pair[0], pair[1]).expect("a step");
            assert!(sampler.kept() <= config.memory(), "{} keeps {}", config.name(), sampler.kept());
        }
        if let Some(evaluations) = config.evaluations() {
            // A method of several stages needs one only in the last step.
            let promised = 9 * evaluations + 1..=10 * evaluations;
            assert!(promised.contains(&walk.evaluations()), "{}: {}", config.name(), walk.evaluations());
        }
    }
}

#[test]
fn a_sample_does_not_depend_on_its_batch() {
    let whole = noise(5).draw(Purpose::SamplerNoise, 3);
    let part = Noise { first: 2, rows: 2, ..noise(5) }.draw(Purpose::SamplerNoise, 3);
    assert_eq!(whole.narrow(0, 2, 2).into_data(), part.into_data());
}
