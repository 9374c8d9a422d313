//! What every registered sampler promises, on data whose denoiser is known: `y ~ N(μ, s²)` in each feature.

mod adaptive;
mod consistency;
mod exponential;
mod kinship;
mod learned;
mod sde;

use burn::tensor::DType;

use super::*;
use crate::random::Purpose;
use crate::schedules::grids::{GridConfig, Span};
use crate::schedules::{Schedule, ScheduleConfig};

const MEAN: f64 = 0.4;
const VAR: f64 = 0.25;

/// `D(x; σ) = (s² x + σ² μ)/(s² + σ²)`.
pub(super) fn ideal(x: Tensor<2>, sigma: f64) -> Tensor<2> {
    let total = VAR + sigma * sigma;
    x * (VAR / total) + MEAN * sigma * sigma / total
}

/// The levels of a named grid under that schedule.
pub(super) fn levels(grid: &str, steps: usize, schedule: &ScheduleConfig) -> Vec<Level> {
    let span = Span { steps, schedule: &**schedule, range: [0.002, 80.0], features: 1 };
    GridConfig::named(grid).and_then(|grid| grid.levels(&span)).expect("a grid")
}

/// The schedules on which orders can be measured: Laplace's has a kink half way, over which no method keeps its order.
fn smooth() -> Vec<ScheduleConfig> {
    ScheduleConfig::all().into_iter().filter(|schedule| schedule.name() != "laplace").collect()
}

pub(super) fn noise(rows: usize) -> Noise {
    Noise { seed: 1, first: 0, rows, features: 1, device: Device::flex() }
}

/// A row in double precision: orders above two drown in single.
fn row(value: f64) -> Tensor<2> {
    Tensor::from_data(TensorData::new(vec![value], [1, 1]), (&Device::flex(), DType::F64))
}

/// The ODE's solution through `1.5 α` at `σ/α = 2`: `x/α − μ` shrinks as `sqrt(s² + σ²/α²)`.
fn exact(at: Level) -> f64 {
    let shrink = ((VAR + at.ratio() * at.ratio()) / (VAR + 4.0)).sqrt();
    (MEAN + (1.5 - MEAN) * shrink) * at.alpha
}

/// Error of walking from `σ/α = 2` to `0.5` in `n` equal steps of the schedule's time. `warm` steps before go along the solution
/// itself, so that a sampler's memory is filled and its formula is measured, not its start.
fn error(sampler: &SamplerConfig, schedule: &ScheduleConfig, n: usize, warm: usize) -> f64 {
    let [top, bottom] = [schedule.time(2.0), schedule.time(0.5)];
    let level = |i: usize| Level::at(&**schedule, top + (bottom - top) * (i as f64 - warm as f64) / n as f64);
    let levels: Vec<Level> = (0..=warm + n).map(level).collect();
    let noise = noise(1);
    let walk = Walk::new(&ideal, &**schedule, &levels, &noise);
    let mut sampler = sampler.build();
    let mut x = row(exact(levels[0]));
    for (i, pair) in levels.windows(2).enumerate() {
        if i <= warm {
            x = row(exact(pair[0]));
        }
        walk.begin(i);
        x = sampler.step(&walk, x.into(), pair[0], pair[1]).expect("a step").into_tensor();
    }
    (x.into_scalar::<f64>() - exact(levels[warm + n])).abs()
}

/// The order that halving the step shows, under each schedule.
fn orders(sampler: &SamplerConfig, warm: usize) -> Vec<f64> {
    let order =
        |schedule| (error(sampler, &schedule, 128, warm) / error(sampler, &schedule, 256, warm)).log2();
    smooth().into_iter().map(order).collect()
}

/// No schedule shows less than the order that is promised, and one shows no more.
#[test]
fn deterministic_samplers_converge_at_their_order_under_every_schedule() {
    // DPM-Solver-fast plans its steps by their number, which halving does not halve.
    let planned =
        |sampler: &SamplerConfig| sampler.adaptive() || matches!(sampler, SamplerConfig::DpmFast(_));
    let fixed = |sampler: &&SamplerConfig| !sampler.stochastic() && !planned(sampler);
    for sampler in SamplerConfig::all().iter().filter(fixed) {
        let measured = orders(sampler, sampler.memory());
        println!("{}: orders {measured:.2?}", sampler.name());
        let least = measured.iter().copied().fold(f64::INFINITY, f64::min);
        assert!((least - f64::from(sampler.order())).abs() < 0.4, "{}: {measured:.2?}", sampler.name());
    }
}

/// Of data that are one point every `D` is that point, and nothing of the noise may stay, however much of it the last step begins with and
/// however it falls.
#[test]
fn data_that_are_one_point_are_reached_under_every_schedule() {
    let point = |x: Tensor<2>, _: f64| x.zeros_like() + MEAN;
    let mut samplers = SamplerConfig::all();
    // The grid's least level is noisier than where it restarts.
    samplers.retain(|sampler| !matches!(sampler, SamplerConfig::Restart(_)));
    samplers.push(SamplerConfig::Restart(Restart { between: [1.0, 1e3], ..Restart::default() }));
    for (sampler, schedule) in
        samplers.iter().flat_map(|s| ScheduleConfig::all().into_iter().map(move |schedule| (s, schedule)))
    {
        let levels = levels("linear", 5, &schedule);
        let noise = noise(50);
        // Noise is drawn in single precision.
        let (dtype, allowed) = if sampler.stochastic() { (DType::F32, 1e-4) } else { (DType::F64, 1e-9) };
        let start = noise.start(levels[0]).cast(dtype);
        let x = walk(sampler, &Walk::new(&point, &*schedule, &levels, &noise), start).expect("a walk");
        let worst = (x - MEAN).abs().max().cast(DType::F64).into_scalar::<f64>();
        assert!(worst < allowed, "{} under {}: {worst:e}", sampler.name(), schedule.name());
    }
}

/// From noise to data in 200 steps the samples have the data's mean and variance.
#[test]
fn every_sampler_reaches_the_moments_of_the_data_under_each_kind_of_schedule() {
    let mut samplers = SamplerConfig::all();
    samplers.push(SamplerConfig::Ddim(Ddim { eta: 0.5 }));
    samplers.push(SamplerConfig::Ddpm(Ddpm { variance: Variance::Large }));
    samplers.push(SamplerConfig::Pndm(Pndm { warmup: Warmup::Linear, table: None }));
    samplers.push(SamplerConfig::EdmStochastic(EdmStochastic {
        method: Descent::Euler,
        // What is churned up is walked down again, and Euler's error grows with it.
        s_churn: 10.0,
        ..EdmStochastic::default()
    }));
    samplers.retain(|sampler| sampler.wants() == Wants::Denoiser);
    let rows = 4000;
    let kinds = || ["edm", "cond_ot", "vp"].map(|name| ScheduleConfig::named(name).expect(name));
    for (sampler, schedule) in samplers.iter().flat_map(|s| kinds().map(move |schedule| (s, schedule))) {
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
            x = sampler.step(&walk, x.into(), pair[0], pair[1]).expect("a step").into_tensor();
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
