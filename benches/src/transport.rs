//! Transport in the plane: conditional flow matching between known distributions, as torchcfm's examples do it.
//!
//! Tong et al. 2024, <https://arxiv.org/abs/2302.00482>. What is measured is `W₂` between samples and fresh data, the
//! normalised path energy `|∫ E‖v‖² dt − W₂²|/W₂²` of source and data, and the evaluations of an adaptive solver.

use anyhow::{Result, anyhow};
use burn::prelude::*;
use clap::{Args, ValueEnum};
use kiln::config;
use kiln::data::{Batch, Dataset, Labels, Loader, Split};
use kiln::factory::ModelConfig;
use kiln::interpolant::Interpolant;
use kiln::metrics::wasserstein;
use kiln::model::{Family, Model, Request};
use kiln::nn::{Init, Interface};
use kiln::random::{Key, Purpose};
use kiln::samplers::SamplerConfig;
use kiln::train::{RunConfig, Session};
use kiln::weights::{WeightFile, read};
use pollster::block_on;
use serde_json::{Value, json};

/// Examples a batch.
const BATCH: usize = 256;
/// Rows that are compared.
const ROWS: usize = 2000;
/// Steps in which the energy of paths is found.
const ENERGY: usize = 100;

/// What is to be trained.
#[derive(Clone, Copy, Debug, Args)]
pub struct Subject {
    /// From where to where
    #[arg(long)]
    task: Task,
    /// How rows are coupled
    #[arg(long)]
    method: Method,
    /// Seed of weights, data and noise
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Steps of the optimizer
    #[arg(long, default_value_t = 20_000)]
    steps: u64,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Task {
    /// From a standard normal to two moons
    Moons,
    /// From eight Gaussians to two moons
    #[value(name = "8gaussians-moons")]
    GaussiansMoons,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Method {
    Icfm,
    Otcfm,
    Sbcfm,
}

/// The two moons of torchdyn, as torchcfm scales them: its noise is uniform, and the same in both numbers.
struct Moons {
    seed: u64,
}

impl Dataset for Moons {
    fn shape(&self) -> &[usize] {
        &[2]
    }

    fn len(&self) -> Option<usize> {
        None
    }

    fn read(&self, index: u64, out: &mut [f32]) -> Labels {
        let mut chance = Key::new(self.seed, Purpose::Data, index).stream();
        // Half of the rows lie on each, exactly.
        let (upper, angle) = (index.is_multiple_of(2), std::f64::consts::PI * chance.uniform());
        let (sin, cos) = angle.sin_cos();
        let moon = if upper { [cos, sin] } else { [1.0 - cos, 0.5 - sin] };
        let noise = 0.2 * chance.uniform();
        out.iter_mut().zip(moon).for_each(|(out, moon)| *out = (3.0 * (moon + noise) - 1.0) as f32);
        Labels::default()
    }
}

impl Subject {
    fn run(&self) -> Result<RunConfig> {
        // Covariance `sqrt(0.1) I`, as torchcfm's.
        let eight = json!({ "kind": "gaussians", "count": 8, "radius": 5.0, "std": 0.1_f64.powf(0.25) });
        let source = match self.task {
            Task::Moons => json!("gaussian"),
            Task::GaussiansMoons => eight,
        };
        let (noise, coupling) = match self.method {
            Method::Icfm => (json!({ "kind": "constant", "scale": 0.1 }), json!("independent")),
            Method::Otcfm => (json!({ "kind": "constant", "scale": 0.1 }), json!("transport")),
            Method::Sbcfm => {
                (json!({ "kind": "bridge", "scale": 1.0 }), json!({ "kind": "bridge", "scale": 1.0 }))
            }
        };
        let network = json!({ "kind": "perceptron", "hidden": 64, "layers": 3, "activation": "selu" });
        Ok(config::typed(json!({
            "seed": self.seed,
            "data": "moons",
            "model": { "kind": "interpolant", "source": source, "noise": noise, "coupling": coupling, "network": network },
            "train": {
                "steps": self.steps, "batch": BATCH, "optimizer": "adam", "clip": 0.0, "ema": 0.0,
                "rate": { "kind": "constant", "peak": 1e-3, "warmup": 0 },
            },
        }))?)
    }
}

/// Trains and measures.
pub fn measure(subject: Subject, device: &Device) -> Result<Value> {
    let run = subject.run()?;
    let model = train(&run, device)?;
    let test = |split: u64| -> Vec<f32> {
        let dataset = Moons { seed: Split::Test.seed(subject.seed) };
        let first = split * ROWS as u64;
        Batch::gather(&dataset, &(first..first + ROWS as u64).collect::<Vec<_>>(), 0).x
    };
    let (fresh, other) = (test(0), test(1));
    let x0 = model.source(subject.seed, 0, ROWS);
    let sampler: SamplerConfig = config::typed(json!({ "kind": "dopri5", "rtol": 1e-4, "atol": 1e-4 }))?;
    let (samples, evaluations) = draw(&model, sampler, subject.seed)?;
    let between = wasserstein(&block_on(read(x0.clone()))?, &fresh, 2)?.powi(2);
    let energy = f64::from(block_on(read(model.path_energy(x0, ENERGY)?))?[0]);
    Ok(json!({
        "wasserstein": wasserstein(&samples, &fresh, 2)?,
        "wasserstein_data": wasserstein(&other, &fresh, 2)?,
        "path_energy": energy,
        "normalised_path_energy": (energy - between).abs() / between,
        "evaluations": evaluations,
    }))
}

fn train(run: &RunConfig, device: &Device) -> Result<Interpolant> {
    let mut session = Session::new(run, &Moons { seed: run.seed }, device)?;
    let mut loader = Loader::new(Box::new(Moons { seed: run.seed }) as Box<dyn Dataset>, BATCH, run.seed)?;
    for _ in 0..run.train.steps {
        let report = session.step(&mut loader);
        if session.steps().is_multiple_of(100) {
            block_on(report.read())?;
        }
    }
    let ModelConfig::InterpolantConfig(config) = &run.model else {
        return Err(anyhow!("the model should be an interpolant"));
    };
    let interface = Interface::new(vec![2], Vec::new());
    let mut network = config.network(&interface, &Init::new(0, device))?;
    let bytes = block_on(session.weights())?;
    network.set_parameters(&WeightFile::parse("weights", &bytes)?.values(&network.parameters(), device)?);
    Ok(config.trained(&interface, network, device)?)
}

/// Samples, and how often the network was asked.
fn draw(model: &Interpolant, sampler: SamplerConfig, seed: u64) -> Result<(Vec<f32>, usize)> {
    let request =
        Request { count: ROWS, seed, sampler: Some(sampler), steps: Some(20), ..Request::default() };
    let mut generation = model.generate(&request)?;
    let mut x = None;
    while let Some(frame) = generation.step() {
        x = Some(frame?.x);
    }
    let x = x.ok_or_else(|| anyhow!("there should be a step"))?;
    Ok((block_on(read(x))?, generation.evaluations()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Both moons have radius 3 around (−1, −1) and (2, 1/2), and noise moves them along the diagonal by less than 0.6.
    #[test]
    fn moons_are_torchcfms() {
        let moons = Moons { seed: 0 };
        for i in 0..1000 {
            let mut x = [0.0; 2];
            moons.read(i, &mut x);
            let [x, y] = x.map(f64::from);
            let on = |u: f64| {
                let (x, y) = (x - u, y - u);
                ((x + 1.0).hypot(y + 1.0) - 3.0).abs() < 1e-3 || ((x - 2.0).hypot(y - 0.5) - 3.0).abs() < 1e-3
            };
            assert!((0..=6000).any(|k| on(f64::from(k) * 1e-4)), "({x}, {y})");
        }
    }
}
