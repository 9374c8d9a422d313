//! What the density lab is set to: all of it is in its link.

use kiln::data::DataConfig;
use kiln::model::Request;
use kiln::train::RunConfig;
use kiln::{Error, Result, config};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::families::{self, Family};

/// All that decides what the lab shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Which density: a dataset of the plane by name, or `drawn`.
    pub data: String,
    /// The pixels of the drawing, as the dataset `drawn` has them.
    pub drawing: String,
    /// Which family of models.
    pub family: String,
    /// Width of the network.
    pub hidden: usize,
    /// Blocks of a diffusion model's network, layers of a flow, hidden layers of a VAE.
    pub depth: usize,
    /// Which optimizer.
    pub optimizer: String,
    /// Its learning rate.
    pub rate: f64,
    /// Examples a step.
    pub batch: usize,
    /// Steps of training.
    pub training: u64,
    /// Seed of weights, data and noise.
    pub seed: u64,
    /// How many particles are shown.
    pub particles: usize,
    /// Which sampler walks.
    pub sampler: String,
    /// In how many steps.
    pub steps: usize,
    /// Share of the noise that is drawn anew on the way.
    pub eta: f64,
    /// Times, falling from 1 (noise) to 0 (data), that the curve of the time grid goes through at equal distances; none for the model's own grid,
    /// or for equal times where there is a schedule.
    pub grid: Vec<f64>,
    /// The share of noise `σ/(α + σ)` at equal distances of time, falling from 1 to 0; none for the straight path's, which is the time itself.
    pub schedule: Vec<f64>,
    /// Where the time slider stands, from noise (0) to data (1).
    pub time: f64,
    /// What is drawn.
    pub layers: Layers,
    /// The point whose density is asked for.
    pub probe: Option<[f32; 2]>,
}

/// What is drawn over one another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[expect(clippy::struct_excessive_bools, reason = "five switches")]
pub struct Layers {
    /// Samples of the density to be learnt.
    pub data: bool,
    /// The particles.
    pub particles: bool,
    /// Their paths.
    pub paths: bool,
    /// Where the model would move them.
    pub field: bool,
    /// The density that has been learnt.
    pub density: bool,
}

impl Default for Layers {
    fn default() -> Self {
        Self { data: true, particles: true, paths: false, field: false, density: false }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            data: "moons".into(),
            drawing: String::new(),
            family: "flow_matching".into(),
            hidden: 64,
            depth: 2,
            optimizer: "adam".into(),
            rate: 3e-3,
            batch: 256,
            training: 1500,
            seed: 0,
            particles: 1500,
            sampler: "euler".into(),
            steps: 20,
            eta: 0.0,
            grid: Vec::new(),
            schedule: Vec::new(),
            time: 1.0,
            layers: Layers::default(),
            probe: None,
        }
    }
}

impl Settings {
    /// The densities that can be chosen.
    pub fn densities() -> impl Iterator<Item = DataConfig> {
        let plane = |data: &DataConfig| data.shape() == Some(vec![2]);
        // A picture is dropped onto the plane, where it is a drawing; angles are another space.
        DataConfig::all()
            .into_iter()
            .filter(plane)
            .filter(|data| !["picture", "torus"].contains(&data.name()))
    }

    /// The family that is chosen.
    pub fn family(&self) -> Result<&'static Family> {
        families::named(&self.family)
    }

    /// The dataset, in JSON.
    pub fn dataset(&self) -> Value {
        match self.data.as_str() {
            "drawn" if self.drawing.is_empty() => json!({ "kind": "drawn" }),
            "drawn" => json!({ "kind": "drawn", "pixels": self.drawing }),
            other => json!({ "kind": other }),
        }
    }

    /// The run that trains the model, as a configuration writes it.
    pub fn run_json(&self) -> Result<Value> {
        Ok(json!({
            "name": "lab",
            "seed": self.seed,
            "data": self.dataset(),
            "model": (self.family()?.model)(self),
            "train": {
                "steps": self.training,
                "batch": self.batch,
                "optimizer": { "kind": self.optimizer },
                "rate": { "kind": "cosine", "peak": self.rate, "warmup": (self.training / 20).min(100) },
                "ema": 0.99,
                "log_every": 100,
                "sample_every": 0,
            },
        }))
    }

    /// The same, checked.
    pub fn run(&self) -> Result<RunConfig> {
        self.check()?;
        config::typed(self.run_json()?)
    }

    /// The command that trains it.
    pub fn command(&self) -> Result<String> {
        let run = self.run_json()?;
        let part = |key: &str| format!("'{key}={}'", run[key]);
        let (seed, parts) = (self.seed, ["data", "model", "train"].map(part).join(" "));
        Ok(format!("kiln train density/moons seed={seed} {parts}"))
    }

    /// What the particles are asked for.
    pub fn request(&self) -> Result<Request> {
        let mut request = json!({ "count": self.particles, "seed": self.seed });
        if self.family()?.walks {
            request["steps"] = json!(self.steps);
            request["sampler"] = self.sampler();
            if !(self.grid.is_empty() && self.schedule.is_empty()) {
                request["grid"] = json!({ "kind": "explicit", "levels": self.levels() });
            }
        }
        config::typed(request)
    }

    /// The sampler, in JSON: where noise is added on the way, it is DDIM's.
    pub fn sampler(&self) -> Value {
        if self.eta > 0.0 {
            json!({ "kind": "ddim", "eta": self.eta })
        } else {
            json!({ "kind": self.sampler })
        }
    }

    /// The times of the steps, from 1 (noise) to 0 (data): by the drawn grid, or at equal distances.
    pub fn times(&self) -> Vec<f64> {
        let places = (0..self.steps).map(|step| step as f64 / self.steps as f64);
        places.map(|place| drawn(&self.grid, place)).collect()
    }

    /// `σ/α` at each step of the drawn grid and schedule.
    pub fn levels(&self) -> Vec<f64> {
        // Neither pure noise nor pure data is a level of the network's.
        let share = |time: f64| 0.001 + 0.997 * drawn(&self.schedule, 1.0 - time);
        self.times().into_iter().map(|time| level(share(time))).collect()
    }

    /// Refuses what would take more memory or time than a window has.
    fn check(&self) -> Result<()> {
        let bounds = [
            ("hidden", self.hidden, 1, 512),
            ("depth", self.depth, 1, 16),
            ("batch", self.batch, 1, 8192),
            ("training", self.training as usize, 1, 1_000_000),
            ("particles", self.particles, 1, 200_000),
            ("steps", self.steps, 1, 1000),
        ];
        match bounds.iter().find(|(_, value, least, most)| value < least || value > most) {
            Some((key, value, least, most)) => {
                Err(Error::argument(format!("{key}: wanted {least} to {most}, this is {value}")))
            }
            None => Ok(()),
        }
    }
}

/// The time of the straight path from noise (1) to data (0): `τ = σ/(1 + σ)`.
pub fn time(level: f64) -> f64 {
    level / (1.0 + level)
}

/// The noise level at a time of the straight path.
pub fn level(time: f64) -> f64 {
    time / (1.0 - time)
}

/// A drawn curve from 1 to 0, at a place from 0 to 1; a straight line where none is drawn.
fn drawn(points: &[f64], place: f64) -> f64 {
    if points.is_empty() { 1.0 - place } else { curve(points, place) }
}

/// Straight lines through points at equal distances, at a place from 0 to 1.
pub fn curve(points: &[f64], place: f64) -> f64 {
    let last = points.len() - 1;
    let at = place.clamp(0.0, 1.0) * last as f64;
    let left = (at as usize).min(last.saturating_sub(1));
    let share = at - left as f64;
    points[left] * (1.0 - share) + points[(left + 1).min(last)] * share
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_family_makes_a_run_and_a_request_of_every_density() {
        for family in families::FAMILIES {
            for data in Settings::densities() {
                let settings = Settings {
                    data: data.name().into(),
                    family: family.name.into(),
                    grid: vec![1.0, 0.3, 0.0],
                    schedule: vec![1.0, 0.6, 0.0],
                    eta: 0.5,
                    ..Settings::default()
                };
                settings.run().unwrap_or_else(|error| panic!("{} of {}: {error}", family.name, data.name()));
                settings.request().unwrap_or_else(|error| panic!("{}: {error}", family.name));
            }
        }
    }

    #[test]
    fn the_drawn_curves_become_falling_levels() {
        let shares = |settings: &Settings| settings.levels().into_iter().map(time).collect::<Vec<f64>>();
        let close = |found: Vec<f64>, wanted: [f64; 4]| {
            let wanted = wanted.map(|share| 0.001 + 0.997 * share);
            let far = found.iter().zip(wanted).any(|(found, wanted)| (found - wanted).abs() > 1e-12);
            assert!(!far && found.len() == 4, "{found:?} where {wanted:?} is wanted");
        };
        let bent = vec![1.0, 0.3, 0.0];
        let settings = |grid: &[f64], schedule: &[f64]| Settings {
            grid: grid.to_vec(),
            schedule: schedule.to_vec(),
            steps: 4,
            ..Settings::default()
        };
        close(shares(&settings(&bent, &[])), [1.0, 0.65, 0.3, 0.15]);
        close(shares(&settings(&[], &bent)), [1.0, 0.65, 0.3, 0.15]);
        // Times 1, 0.65, 0.3 and 0.15, and the shares of noise at them.
        close(shares(&settings(&bent, &bent)), [1.0, 0.51, 0.18, 0.09]);
        // Points that hang at the ends give levels that still fall.
        let steep = settings(&[1.0, 0.99, 0.01, 0.0], &[1.0, 0.99, 0.01, 0.0]);
        let levels = Settings { steps: 100, ..steep }.levels();
        assert!(levels.windows(2).all(|pair| pair[0] > pair[1]), "{levels:?}");
    }

    #[test]
    fn what_no_window_bears_is_refused_by_name() {
        let error = Settings { particles: 1 << 40, ..Settings::default() }.run().expect_err("too many");
        assert!(error.to_string().contains("particles: wanted 1 to 200000"), "{error}");
        let error = Settings { family: "flux".into(), ..Settings::default() }.run().expect_err("unknown");
        assert!(error.to_string().contains("flow_matching"), "{error}");
    }
}
