//! What an oracle file holds.
//!
//! Python writes `NaN` and `Infinity`, which JSON does not know: they are read as nothing.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::{Map, Value};

/// A file: what all of its cases share, and the cases.
#[derive(Deserialize)]
pub struct File {
    pub meta: Meta,
    pub cases: Vec<Case>,
}

/// The data `N(mu, s²)` and the noise, in the order of the draws.
#[derive(Deserialize)]
pub struct Meta {
    pub mu: f64,
    pub s: f64,
    pub shape: Vec<usize>,
    #[serde(default)]
    pub x0: Vec<f64>,
    pub noise: Vec<Vec<f64>>,
    pub sigma_min: Option<f64>,
    pub sigma_max: Option<f64>,
}

/// A recorded walk.
#[derive(Deserialize)]
#[serde(untagged)]
pub enum Case {
    Diffusers(Diffusers),
    KDiffusion(KDiffusion),
}

/// A walk of a scheduler of diffusers.
#[derive(Deserialize)]
pub struct Diffusers {
    pub scheduler: String,
    pub n: usize,
    pub kwargs: Map<String, Value>,
    pub step_kwargs: Map<String, Value>,
    pub nfe: usize,
    pub timesteps: Vec<f64>,
    pub sigmas: Option<Vec<f64>>,
    #[serde(rename = "final")]
    pub last: Vec<Option<f64>>,
    pub traj: Option<Vec<Vec<f64>>>,
}

/// A walk of a sampler of k-diffusion.
#[derive(Deserialize)]
pub struct KDiffusion {
    pub sampler: String,
    pub schedule: String,
    pub n: usize,
    pub kwargs: Map<String, Value>,
    pub nfe: usize,
    pub sigmas: Vec<f64>,
    pub x_init: Vec<f64>,
    #[serde(rename = "final")]
    pub last: Vec<Option<f64>>,
    pub traj: Option<Vec<Vec<f64>>>,
}

impl Case {
    /// What the original calls it, with its options.
    pub fn name(&self) -> String {
        match self {
            Self::Diffusers(case) => {
                format!("{} n={}{}{}", case.scheduler, case.n, told(&case.kwargs), told(&case.step_kwargs))
            }
            Self::KDiffusion(case) => {
                format!("{} n={} {}{}", case.sampler, case.n, case.schedule, told(&case.kwargs))
            }
        }
    }

    /// The last state; `None` where the original's is no number.
    pub fn last(&self) -> Option<Vec<f64>> {
        match self {
            Self::Diffusers(case) => case.last.iter().copied().collect(),
            Self::KDiffusion(case) => case.last.iter().copied().collect(),
        }
    }
}

fn told(options: &Map<String, Value>) -> String {
    let words: Vec<String> = options.iter().map(|(key, value)| format!(" {key}={value}")).collect();
    words.concat()
}

/// Every oracle file in `$KILN_SHARED/oracles` and beside this one (`record.py` made those), by name.
pub fn files() -> Vec<(PathBuf, File)> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracles");
    let entries = [folder(), here].into_iter().filter_map(|folder| std::fs::read_dir(folder).ok()).flatten();
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    paths.sort();
    paths.into_iter().map(|path| (path.clone(), read(&path))).collect()
}

/// `$KILN_SHARED/oracles`.
pub fn folder() -> PathBuf {
    kiln_tests::shared("oracles")
}

fn read(path: &Path) -> File {
    let text = std::fs::read_to_string(path).expect("an oracle file");
    let text = text.replace("-Infinity", "null").replace("Infinity", "null").replace("NaN", "null");
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
