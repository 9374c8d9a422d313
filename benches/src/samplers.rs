//! Steps of every sampler with a denoiser that costs nothing: what is left is the solver's own.

use burn::prelude::*;
use kiln::Result;
use kiln::random::{Key, Purpose};
use kiln::samplers::{Denoiser, Noise, SamplerConfig, Walk, walk};
use kiln::schedules::ScheduleConfig;
use kiln::schedules::grids::{GridConfig, Span};
use serde_json::{Map, Value, json};

use crate::clock::Clock;
use crate::subject::STEPS;

/// Pictures and points: `[samples, numbers]`.
const SHAPES: [[usize; 2]; 2] = [[64, 784], [100_000, 2]];

/// Seconds a step of every sampler for every shape; evaluations a step and state tensors beside them.
pub fn all(clock: Clock, device: &Device) -> Result<Value> {
    let mut shapes = Map::new();
    for shape in SHAPES {
        let mut found = Map::new();
        for sampler in SamplerConfig::all() {
            found.insert(sampler.name().into(), json!(one(&sampler, shape, clock, device)?.seconds));
        }
        shapes.insert(format!("{} x {}", shape[0], shape[1]), found.into());
    }
    let mut promises = Map::new();
    for sampler in SamplerConfig::all() {
        let evaluations =
            one(&sampler, [1, 1], Clock { budget: std::time::Duration::ZERO }, device)?.evaluations;
        promises
            .insert(sampler.name().into(), json!({ "memory": sampler.memory(), "evaluations": evaluations }));
    }
    Ok(json!({ "steps": STEPS, "shapes": shapes, "samplers": promises }))
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

/// Walks of one sampler, from noise to data under the variance-preserving schedule, in which a level has both α and σ.
pub fn one(
    sampler: &SamplerConfig,
    [rows, features]: [usize; 2],
    clock: Clock,
    device: &Device,
) -> Result<Step> {
    let schedule = ScheduleConfig::named("vp")?;
    let span = Span { steps: STEPS, schedule: &*schedule, range: [0.002, 80.0], features };
    let levels = GridConfig::named("karras")?.levels(&span)?;
    let noise = Noise { seed: 0, first: 0, rows, features, device: device.clone() };
    let start = noise.start(levels[0]);
    let mut values = vec![0.0; rows * features];
    Key::new(1, Purpose::Noise, 0).fill_normal(&mut values);
    let data = Tensor::<2>::from_data(TensorData::new(values, [rows, features]), device);
    let free = Free(data);
    let go = || {
        let path = Walk::new(&free, &*schedule, &levels, &noise);
        walk(sampler, &path, start.clone()).map(|x| (x, path.evaluations()))
    };
    let evaluations = go()?.1 as f64 / STEPS as f64;
    let walks = clock.time(|| drop(std::hint::black_box(go())));
    Ok(Step { seconds: walks.iter().map(|seconds| seconds / STEPS as f64).collect(), evaluations })
}
