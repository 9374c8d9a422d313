//! Steps of every sampler with a denoiser that costs nothing: what is left is the solver's own.

use burn::prelude::*;
use kiln::Result;
use kiln::config;
use kiln::random::Purpose;
use kiln::samplers::{Denoiser, Noise, NoiseSource, SamplerConfig, Walk, walk};
use kiln::schedules::ScheduleConfig;
use kiln::schedules::grids::{GridConfig, Span};
use serde_json::{Map, Value, json};

use crate::clock::Clock;
use crate::subject::STEPS;

/// Pictures and points: `[samples, numbers]`.
const SHAPES: [[usize; 2]; 2] = [[64, 784], [100_000, 2]];

/// Seconds a step of every sampler for every shape, with noise that is drawn and with noise that is there already; evaluations a step and
/// state tensors beside them.
pub fn all(clock: Clock, device: &Device) -> Result<Value> {
    let subjects = subjects()?;
    let mut shapes = Map::new();
    for shape in SHAPES {
        let mut found = Map::new();
        for (sampler, _) in &subjects {
            let drawn = one(sampler, shape, clock, device)?.seconds;
            let given = sampler.stochastic().then(|| given(sampler, shape, clock, device)).transpose()?;
            let told = json!({ "drawn": drawn, "given": given.map(|step| step.seconds) });
            found.insert(sampler.name().into(), told);
        }
        shapes.insert(format!("{} x {}", shape[0], shape[1]), found.into());
    }
    let mut promises = Map::new();
    for (sampler, options) in subjects {
        let once = Clock { budget: std::time::Duration::ZERO };
        let evaluations = one(&sampler, [1, 1], once, device)?.evaluations;
        let told = json!({ "memory": sampler.memory(), "evaluations": evaluations, "options": options });
        promises.insert(sampler.name().into(), told);
    }
    Ok(json!({ "steps": STEPS, "shapes": shapes, "samplers": promises }))
}

/// Every sampler as it comes, but for what diffusers' scheduler of that name does otherwise.
fn subjects() -> Result<Vec<(SamplerConfig, Value)>> {
    let subject = |sampler: SamplerConfig| {
        let options = match sampler.name() {
            "edm_stochastic" => json!({ "method": "euler" }),
            _ => json!({}),
        };
        let mut config = options.clone();
        config["kind"] = sampler.name().into();
        Ok((config::typed(config)?, options))
    };
    SamplerConfig::all().into_iter().map(subject).collect()
}

/// The same answer whatever is asked: nothing is computed, and nothing grows.
struct Free(Tensor<2>);

impl Denoiser for Free {
    fn denoise(&self, _x: Tensor<2>, _sigma: f64) -> Tensor<2> {
        self.0.clone()
    }
}

/// What a step of a sampler takes.
pub struct Step {
    /// Of each repetition.
    pub seconds: Vec<f64>,
    /// Of the denoiser.
    pub evaluations: f64,
}

/// The same noise whatever is asked.
struct Given(Tensor<2>);

impl NoiseSource for Given {
    fn normal(&self, _step: u32, _draw: u32) -> Tensor<2> {
        self.0.clone()
    }

    fn brownian(&self, _a: f64, _b: f64) -> Tensor<2> {
        self.0.clone()
    }
}

/// Walks of one sampler, from noise to data in EDM's frame, as models walk where nothing else is asked for.
pub fn one(sampler: &SamplerConfig, shape: [usize; 2], clock: Clock, device: &Device) -> Result<Step> {
    walks(sampler, &source(shape, device), &source(shape, device), clock)
}

/// The same with noise that costs nothing.
fn given(sampler: &SamplerConfig, shape: [usize; 2], clock: Clock, device: &Device) -> Result<Step> {
    let source = source(shape, device);
    walks(sampler, &source, &Given(source.draw(Purpose::SamplerNoise, 0)), clock)
}

fn source([rows, features]: [usize; 2], device: &Device) -> Noise {
    Noise { seed: 0, first: 0, rows, features, device: device.clone() }
}

fn walks(sampler: &SamplerConfig, start: &Noise, noise: &dyn NoiseSource, clock: Clock) -> Result<Step> {
    let schedule = ScheduleConfig::named("edm")?;
    let span = Span { steps: STEPS, schedule: &*schedule, range: [0.002, 80.0], features: start.features };
    let levels = GridConfig::named("karras")?.levels(&span)?;
    let free = Free(start.draw(Purpose::Data, 0));
    let start = start.start(levels[0]);
    let go = || {
        let path = Walk::new(&free, &*schedule, &levels, noise);
        walk(sampler, &path, start.clone()).map(|x| (x, path.evaluations()))
    };
    let evaluations = go()?.1 as f64 / STEPS as f64;
    let walks = clock.time(|| drop(std::hint::black_box(go())));
    Ok(Step { seconds: walks.iter().map(|seconds| seconds / STEPS as f64).collect(), evaluations })
}
