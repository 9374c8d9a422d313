//! Schedulers of models that were distilled to a few steps: LCM, TCD.

use serde_json::{Value, json};

use super::exponential::prediction;
use super::fields::{Fields, Switch};
use super::levels::{self, Ends, Family};
use super::{Parts, bounds};
use crate::Result;

/// `LCMScheduler`. Its `f` is the data prediction and a little of its input, as the model was trained.
pub(super) fn lcm(fields: &mut Fields) -> Result<Parts> {
    bounds::thresholded(fields)?;
    bounds::clipped(fields, Switch::Off)?;
    let scaling = fields.number("timestep_scaling", 10.0)?;
    let grid = timesteps(fields, Ends::Data)?;
    let boundary = json!({ "table": grid["betas"], "timestep_scaling": scaling });
    Ok(Parts::new(json!({ "kind": "lcm", "boundary": boundary }), "vp", grid, prediction(fields)?))
}

/// `TCDScheduler`; `eta`, the paper's `γ`, is an argument of its step.
pub(super) fn tcd(fields: &mut Fields) -> Result<Parts> {
    let gamma = fields.number("eta", 0.3)?;
    for key in ["thresholding", "clip_sample"] {
        fields.idle(key, &json!(false), "diffusers takes it in this scheduler and does nothing with it");
    }
    for key in ["dynamic_thresholding_ratio", "sample_max_value", "clip_sample_range"] {
        fields.idle(key, &Value::Null, "nothing is clipped");
    }
    fields.idle("timestep_scaling", &Value::Null, "diffusers does nothing with it in this scheduler");
    let grid = timesteps(fields, Ends::Least)?;
    let sampler = json!({ "kind": "tcd", "gamma": gamma, "table": grid["betas"] });
    Ok(Parts::new(sampler, "vp", grid, prediction(fields)?))
}

/// Timesteps from among those that the model was distilled with.
fn timesteps(fields: &mut Fields, ends: Ends) -> Result<Value> {
    let original = fields.count("original_inference_steps", 50)?;
    for key in ["timestep_spacing", "steps_offset", "set_alpha_to_one"] {
        fields.idle(key, &Value::Null, "the timesteps are those that the model was distilled with");
    }
    let (_, mut grid) = levels::discrete(fields, &Family { ends, ..Family::DISTILLED })?;
    grid["original_steps"] = original.into();
    Ok(grid)
}
