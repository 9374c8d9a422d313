//! Noise levels at the training steps of a model of discrete time.

use serde_json::{Value, json};

use super::fields::{Fields, Switch, wanted};
use super::levels::Family;
use crate::Result;
use crate::config::check::{at_least, under};
use crate::config::typed;
use crate::schedules::discrete::Betas;

/// Levels of the table, or another grid's between its ends.
pub(super) fn of_table(fields: &mut Fields, family: &Family, respaced: Option<&str>) -> Result<Value> {
    if family.flows.is_on() {
        for key in ["flow_shift", "use_dynamic_shifting", "time_shift_type"] {
            let usual = if key == "flow_shift" { json!(1.0) } else { json!(false) };
            let usual = if key == "time_shift_type" { json!("exponential") } else { usual };
            fields.idle(key, &usual, "use_flow_sigmas is off");
        }
    }
    let mut grid = json!({ "kind": "discrete", "betas": betas(fields, family)?, "rule": family.rule });
    spacing(fields, family, &mut grid)?;
    if let Some(kind) = respaced {
        grid["respaced"] = json!({ "kind": kind });
    }
    if family.bounded.is_on() {
        for key in ["sigma_min", "sigma_max"] {
            match fields.perhaps(key)? {
                Some(bound) if respaced.is_some() => grid[key] = bound.into(),
                Some(_) => fields.idle(key, &Value::Null, "the levels are not respaced"),
                None => {}
            }
        }
    }
    Ok(grid)
}

/// `spacing`, and what else picks timesteps.
fn spacing(fields: &mut Fields, family: &Family, grid: &mut Value) -> Result<()> {
    if family.rule == "dpm_solver"
        && let Some(clipped) = fields.bound("lambda_min_clipped", "-Infinity")?
    {
        grid["lambda_min"] = clipped.into();
    }
    if family.rule == "euler" && family.bounded.is_on() {
        let names = ["linear", "log_linear"];
        let name = fields.name("interpolation_type", &names)?;
        grid["interpolation"] = name.into();
        if name == "log_linear" {
            let why = "interpolation_type is log_linear, whose levels are not those of timesteps";
            fields.idle("timestep_spacing", &json!("linspace"), why);
            fields.idle("steps_offset", &json!(0), why);
            return Ok(());
        }
    }
    if !family.spaced.is_on() {
        grid["spacing"] = "linspace".into();
        return Ok(());
    }
    let names = ["linspace", "leading", "trailing"];
    let default = if family.rule == "ddim" { "leading" } else { "linspace" };
    let name = if fields.get("timestep_spacing").is_some() {
        fields.name("timestep_spacing", &names)?
    } else {
        default
    };
    grid["spacing"] = name.into();
    if name == "leading" {
        grid["steps_offset"] = fields.count("steps_offset", 0)?.into();
    } else {
        fields.idle("steps_offset", &json!(0), "timestep_spacing is not leading");
    }
    Ok(())
}

/// The table of a model of discrete time.
fn betas(fields: &mut Fields, family: &Family) -> Result<Value> {
    let [start, end] = family.betas;
    let names = ["linear", "scaled_linear", "squaredcos_cap_v2", "sigmoid", "exp", "laplace"];
    let curve = match fields.get("beta_schedule") {
        Some(_) => fields.name("beta_schedule", &names)?,
        None => family.curve,
    };
    let mut betas = json!({
        "schedule": curve,
        "beta_start": fields.number("beta_start", start)?,
        "beta_end": fields.number("beta_end", end)?,
        "train_steps": train_steps(fields)?,
        "precision": "single",
    });
    if let Some(trained) = fields.get("trained_betas") {
        if !trained.is_array() {
            return Err(wanted("trained_betas", "a list of numbers", trained));
        }
        betas["trained_betas"] = trained.clone();
    }
    if fields.on("rescale_betas_zero_snr", Switch::Off)?.is_on() {
        betas["zero_terminal_snr"] = true.into();
    }
    Ok(betas)
}

/// `num_train_timesteps`.
pub(super) fn train_steps(fields: &mut Fields) -> Result<usize> {
    let steps = fields.count("num_train_timesteps", 1000)?;
    at_least("num_train_timesteps", steps, 1)?;
    Ok(steps)
}

/// `σ/α` between the timestep before the first and the one after the second: what belongs to timesteps from one to the other.
pub(super) fn at_timesteps(fields: &mut Fields, [first, last]: [f64; 2]) -> Result<[f64; 2]> {
    if fields.on("use_flow_sigmas", Switch::Off)?.is_on() {
        let steps = train_steps(fields)? as f64;
        // Timesteps that the path does not have lie above all that it has.
        let ratio = |t: f64| if t < steps { (t - 1e-3) / (steps - t) } else { f64::MAX };
        return Ok([first, last + 1.0].map(ratio));
    }
    let betas: Betas = typed(betas(fields, &Family::STRIDES)?)?;
    under("betas", betas.check())?;
    let table = betas.table();
    // Timesteps of respaced levels are rounded to the nearest under Karras' spacing and cut off under the others.
    let cut = fields.on("use_exponential_sigmas", Switch::Off)?.is_on()
        || fields.on("use_beta_sigmas", Switch::Off)?.is_on();
    let [below, above] = if cut { [1e-3, 0.999] } else { [0.5, 0.5] };
    Ok([table.log_ratio_at(first - below), table.log_ratio_at(last + above)])
}

/// Notes that the original's steps need not join.
pub(super) fn note_strides(fields: &mut Fields) {
    let when = match fields.get("timestep_spacing").and_then(Value::as_str) {
        Some("linspace") => "under linspace",
        Some("trailing") => "under trailing where the steps do not divide num_train_timesteps",
        _ => return,
    };
    fields.notes.push(format!(
        "timestep_spacing: diffusers steps back by whole strides, which is not the next timestep {when}; Kiln steps to that"
    ));
}
