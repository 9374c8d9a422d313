//! Import: what other libraries call their samplers, in Kiln's own words.
//!
//! A scheduler of diffusers is a solver, a table of noise levels, a rule that picks levels from it and the prediction that its network
//! makes: here these are `sampler`, `schedule`, `grid` and the model's `prediction`. Every field of a file is understood, noted as
//! having no effect, or refused by name. Nothing is approximated in silence: that the two then draw the same samples is what the
//! oracle test proves.

mod python;
mod fields;
mod levels;
mod timesteps;
mod flows;
mod bounds;
mod exponential;
mod classic;
mod distilled;

use std::fmt::Display;

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::config::check::under;
use crate::config::typed;
use crate::diffusion::{PredictionConfig, Sampling};
use crate::error::unknown;
use crate::schedules::grids::GridConfig;
use crate::{Error, Result};

use fields::Fields;

/// A scheduler in Kiln's words.
#[derive(Clone, Debug, Serialize)]
pub struct Imported {
    /// What it was called.
    #[serde(skip)]
    pub class: String,
    /// What its network predicts: the model's `prediction`.
    pub prediction: PredictionConfig,
    /// The model's `sigma_data`, where the scheduler has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sigma_data: Option<f64>,
    /// Noise levels `σ/α` at the end and at the start of sampling: the model's `range`.
    pub range: [f64; 2],
    /// How to sample.
    pub sampling: Sampling,
    /// What a reader should know: fields without effect, and where the two libraries differ.
    #[serde(skip)]
    pub notes: Vec<String>,
}

/// What a scheduler's fields come to, before it is read as a [`Sampling`].
struct Parts {
    sampler: Value,
    schedule: Value,
    grid: Value,
    prediction: &'static str,
    sigma_data: Option<f64>,
    range: Option<[f64; 2]>,
}

impl Parts {
    /// The rest of a scheduler, whose levels end where they end by themselves.
    fn new(sampler: Value, schedule: &str, grid: Value, prediction: &'static str) -> Self {
        Self { sampler, schedule: json!(schedule), grid, prediction, sigma_data: None, range: None }
    }
}

type Read = fn(&mut Fields) -> Result<Parts>;

/// The schedulers that are understood.
const CLASSES: &[(&str, Read)] = &[
    ("DDIMScheduler", classic::ddim),
    ("DDPMScheduler", classic::ddpm),
    ("PNDMScheduler", classic::pndm),
    ("IPNDMScheduler", classic::ipndm),
    ("EulerDiscreteScheduler", classic::euler),
    ("EulerAncestralDiscreteScheduler", classic::euler_ancestral),
    ("HeunDiscreteScheduler", classic::heun),
    ("KDPM2DiscreteScheduler", classic::dpm2),
    ("KDPM2AncestralDiscreteScheduler", classic::dpm2_ancestral),
    ("LMSDiscreteScheduler", classic::lms),
    ("EDMEulerScheduler", classic::edm_euler),
    ("FlowMatchEulerDiscreteScheduler", classic::flow_euler),
    ("FlowMatchHeunDiscreteScheduler", classic::flow_heun),
    ("DEISMultistepScheduler", exponential::deis),
    ("DPMSolverMultistepScheduler", exponential::multistep),
    ("DPMSolverSinglestepScheduler", exponential::singlestep),
    ("UniPCMultistepScheduler", exponential::unipc),
    ("SASolverScheduler", exponential::sa_solver),
    ("EDMDPMSolverMultistepScheduler", exponential::edm_multistep),
    ("DPMSolverSDEScheduler", exponential::sde),
    ("LCMScheduler", distilled::lcm),
    ("TCDScheduler", distilled::tcd),
];

/// Steps where a file does not say, which it never does: what diffusers' pipelines take.
const STEPS: usize = 50;

/// Reads a scheduler of diffusers: the bytes of its `scheduler_config.json`, JSON as Python writes it. `file` is named in what is wrong
/// with it.
pub fn read(file: &str, bytes: &[u8]) -> Result<Imported> {
    let wanted =
        |why: &dyn Display| Error::format(file, format!("wanted JSON, as diffusers saves it: {why}"));
    let text = str::from_utf8(bytes).map_err(|error| wanted(&error))?;
    let value = serde_json::from_str(&python::plain(text)).map_err(|error| wanted(&error))?;
    diffusers(&value).map_err(|error| match error {
        Error::Config { path, message } => Error::format(file, format!("at `{path}`: {message}")),
        other => other,
    })
}

/// The same of the fields in such a file. Arguments that diffusers takes only when it steps (`eta`, `s_churn`, …) may be written beside
/// the others; numbers that JSON does not know are texts, as in `"-Infinity"`.
pub fn diffusers(file: &Value) -> Result<Imported> {
    let Value::Object(map) = file else {
        return Err(Error::config(".", "wanted a map of a scheduler's fields, as diffusers saves it"));
    };
    let (class, read) = class(map)?;
    let mut fields = Fields::new(class, map);
    let Parts { sampler, schedule, grid, prediction, sigma_data, range } = read(&mut fields)?;
    let guiding = json!({ "threshold": fields.threshold });
    let sampling =
        json!({ "sampler": sampler, "schedule": schedule, "grid": grid, "steps": STEPS, "guiding": guiding });
    let sampling: Sampling = typed(sampling)?;
    under("sampler", sampling.sampler.check())?;
    under("schedule", sampling.schedule.check())?;
    under("grid", sampling.grid.check())?;
    under("guiding", sampling.guiding.check())?;
    let range = range.or_else(|| table_range(&sampling.grid)).unwrap_or([0.002, 80.0]);
    Ok(Imported {
        class: class.into(),
        prediction: PredictionConfig::named(prediction)?,
        sigma_data,
        range,
        sampling,
        notes: fields.finish()?,
    })
}

/// The least and the greatest level of the grid's table, where it has one: what any other grid is to cover of that model.
fn table_range(grid: &GridConfig) -> Option<[f64; 2]> {
    match grid {
        GridConfig::Discrete(discrete) => {
            Some(discrete.betas.table().range()).filter(|[end, start]| end < start)
        }
        GridConfig::Stop(stop) => table_range(&stop.base),
        _ => None,
    }
}

fn class(map: &Map<String, Value>) -> Result<(&'static str, Read)> {
    let names: Vec<&str> = CLASSES.iter().map(|(name, _)| *name).collect();
    let Some(Value::String(written)) = map.get("_class_name") else {
        let message = format!("wanted the scheduler's class, one of: {}", names.join(", "));
        return Err(Error::config("_class_name", message));
    };
    let found = CLASSES.iter().find(|(name, _)| name == written);
    let refused = || Error::config("_class_name", unknown("scheduler", written, &names).to_string());
    found.copied().ok_or_else(refused)
}

#[cfg(test)]
mod tests;
