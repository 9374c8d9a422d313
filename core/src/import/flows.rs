//! Noise levels on the straight path.

use serde_json::{Value, json};

use super::fields::{Fields, Switch};
use super::levels::{Ending, Family};
use super::timesteps::train_steps;
use crate::config::check::positive;
use crate::{Error, Result};

/// The grid of a flow-matching scheduler. Its levels are shifted once in its range and once on their way.
pub(super) fn flow(fields: &mut Fields, full: Switch) -> Result<Value> {
    let shortest = 1.0 / train_steps(fields)? as f64;
    let shift = fields.number("shift", 1.0)?;
    positive("shift", shift)?;
    let mut end = shift * shortest / (1.0 + (shift - 1.0) * shortest);
    let mut grid = json!({ "kind": "shift", "shift": shift });
    if full.is_on() {
        for key in ["use_karras_sigmas", "use_exponential_sigmas", "use_beta_sigmas"] {
            fields.only(key, &json!(false), "respaced levels of a flow are refused")?;
        }
        fields.only("shift_terminal", &Value::Null, "the terminal shift is refused")?;
        if fields.on("use_dynamic_shifting", Switch::Off)?.is_on() {
            (grid, end) = (dynamic(fields)?, shortest);
        } else {
            for key in
                ["base_shift", "max_shift", "base_image_seq_len", "max_image_seq_len", "time_shift_type"]
            {
                fields.idle(key, &Value::Null, "use_dynamic_shifting is off");
            }
        }
    }
    grid["base"] = json!({ "kind": "linear", "from": 1.0, "to": end, "last": "included" });
    Ok(grid)
}

/// A shift that grows with the sample.
fn dynamic(fields: &mut Fields) -> Result<Value> {
    let note =
        "use_dynamic_shifting: the tokens of a sample are its numbers divided by the grid's token_features";
    fields.notes.push(note.into());
    Ok(json!({
        "kind": "shift",
        "rule": fields.name("time_shift_type", &["exponential", "linear"])?,
        "base_shift": fields.number("base_shift", 0.5)?,
        "max_shift": fields.number("max_shift", 1.15)?,
        "base_tokens": fields.count("base_image_seq_len", 256)?,
        "max_tokens": fields.count("max_image_seq_len", 4096)?,
    }))
}

/// A millionth below 1, as single precision holds it.
const UNIPC_START: f64 = 0.999_998_986_721_038_8;

/// Levels on the straight path for a solver of discrete time (`use_flow_sigmas`).
pub(super) fn of_path(fields: &mut Fields, family: &Family, ending: Ending) -> Result<Value> {
    if ending == Ending::Lowest {
        let why = "a flow that ends before data is refused: diffusers ends it at a level of another table";
        return Err(Error::config("final_sigmas_type", why));
    }
    let dynamic = "the shift would be its pipeline's, from the picture's size: set the grid's `rule`";
    fields.only("use_dynamic_shifting", &json!(false), dynamic)?;
    fields.idle("time_shift_type", &json!("exponential"), "use_dynamic_shifting is off");
    for key in [
        "beta_start",
        "beta_end",
        "beta_schedule",
        "trained_betas",
        "timestep_spacing",
        "steps_offset",
        "sigma_min",
        "sigma_max",
    ] {
        fields.idle(key, &Value::Null, "use_flow_sigmas is on");
    }
    fields.idle("rescale_betas_zero_snr", &json!(false), "use_flow_sigmas is on");
    fields.idle("lambda_min_clipped", &json!("-Infinity"), "use_flow_sigmas is on");
    let shortest = 1.0 / train_steps(fields)? as f64;
    let shift = fields.number("flow_shift", 1.0)?;
    positive("flow_shift", shift)?;
    // UniPC counts from a millionth below 1 down to the last timestep's level, the others from the first timestep's down to 0.
    let below = |sigma: f64| sigma / (sigma + shift * (1.0 - sigma));
    let (from, to) =
        if family.bounded.is_on() { (below(UNIPC_START), shortest) } else { (1.0 - shortest, 0.0) };
    Ok(json!({ "kind": "shift", "shift": shift, "base": { "kind": "linear", "from": from, "to": to } }))
}
