//! DDPM, DDIM and PNDM in discrete time, Euler's and Heun's methods and their relatives in `σ`, EDM's and the flow's.

use serde_json::{Value, json};

use super::exponential::prediction;
use super::fields::{Fields, Switch};
use super::levels::{self, Ends, Family};
use super::{Parts, bounds, flows, timesteps};
use crate::{Error, Result};

/// `DDIMScheduler`; `eta` is an argument of its step.
pub(super) fn ddim(fields: &mut Fields) -> Result<Parts> {
    bounds::thresholded(fields)?;
    bounds::clipped(fields, Switch::On)?;
    let clipped_noise = fields.on("use_clipped_model_output", Switch::Off)?;
    match (&fields.threshold, clipped_noise) {
        (Some(_), Switch::Off) => {
            let note = "use_clipped_model_output: diffusers goes on with the noise as it was predicted where it has bounded the data; Kiln goes on with what fits the bounded data, as if this were on";
            fields.notes.push(note.into());
        }
        (None, Switch::On) => {
            let note = "use_clipped_model_output: has no effect: nothing is clipped";
            fields.notes.push(note.into());
        }
        _ => {}
    }
    let eta = fields.number("eta", 0.0)?;
    let ends = first_or_data(fields, Switch::On)?;
    let (schedule, grid) = levels::discrete(fields, &Family { ends, ..Family::TIMESTEPS })?;
    timesteps::note_strides(fields);
    Ok(Parts::new(json!({ "kind": "ddim", "eta": eta }), schedule, grid, prediction(fields)?))
}

/// `DDPMScheduler`.
pub(super) fn ddpm(fields: &mut Fields) -> Result<Parts> {
    bounds::thresholded(fields)?;
    bounds::clipped(fields, Switch::On)?;
    let names =
        ["fixed_small", "fixed_small_log", "fixed_large", "fixed_large_log", "learned", "learned_range"];
    let variance = match fields.name("variance_type", &names)? {
        "fixed_small" | "fixed_small_log" => "small",
        // The network tells where between the two, and so does a model of Kiln's.
        "learned_range" => "learned",
        "fixed_large" if fields.get("timestep_spacing").and_then(Value::as_str) == Some("trailing") => {
            let why =
                "fixed_large with trailing timesteps is refused: diffusers adds noise in the step into data";
            return Err(Error::config("variance_type", why));
        }
        "fixed_large" => "large",
        "fixed_large_log" => {
            let why =
                "fixed_large_log is refused: diffusers draws no number from it (the root of a logarithm)";
            return Err(Error::config("variance_type", why));
        }
        learned => {
            let why = format!(
                "{learned} is refused: the variance is the network's, and a model says so, not its sampler"
            );
            return Err(Error::config("variance_type", why));
        }
    };
    let (schedule, grid) = levels::discrete(fields, &Family { ends: Ends::Data, ..Family::TIMESTEPS })?;
    Ok(Parts::new(json!({ "kind": "ddpm", "variance": variance }), schedule, grid, prediction(fields)?))
}

/// `PNDMScheduler`.
pub(super) fn pndm(fields: &mut Fields) -> Result<Parts> {
    let skip = fields.on("skip_prk_steps", Switch::Off)?;
    let warmup = if skip.is_on() { "linear" } else { "runge_kutta" };
    let ends = first_or_data(fields, Switch::Off)?;
    let (schedule, grid) = levels::discrete(fields, &Family { ends, ..Family::TIMESTEPS })?;
    timesteps::note_strides(fields);
    let why =
        "diffusers takes means of what the network predicts, and Kiln of the noise; take another scheduler";
    fields.only("prediction_type", &json!("epsilon"), why)?;
    // The Runge-Kutta steps look up their middle; the linear start has none.
    let table = if skip.is_on() { Value::Null } else { grid["betas"].clone() };
    let sampler = json!({ "kind": "pndm", "warmup": warmup, "table": table });
    Ok(Parts::new(sampler, schedule, grid, prediction(fields)?))
}

/// `IPNDMScheduler`, with the times of v-diffusion; its network predicts velocity.
pub(super) fn ipndm(fields: &mut Fields) -> Result<Parts> {
    fields.only(
        "trained_betas",
        &Value::Null,
        "betas of one's own are refused: IPNDM's levels are its own",
    )?;
    fields.idle("num_train_timesteps", &json!(1000), "IPNDM's times run from 1 to 0");
    let grid = json!({ "kind": "crash" });
    // It starts from noise alone.
    let range = Some([0.002, 1e12]);
    Ok(Parts { range, ..Parts::new(json!({ "kind": "ipndm", "order": 4 }), "vp", grid, "v") })
}

/// `EulerDiscreteScheduler`; with the churn of its step, EDM's stochastic sampler.
pub(super) fn euler(fields: &mut Fields) -> Result<Parts> {
    let sampler = churned(fields, "euler")?;
    fields.idle(
        "timestep_type",
        &json!("discrete"),
        "it says how the network is told of the level, not which is visited",
    );
    let levels = Family { bounded: Switch::On, ends: Ends::Asked, ..Family::POINTS };
    exploding(fields, sampler, &levels)
}

/// `EulerAncestralDiscreteScheduler`.
pub(super) fn euler_ancestral(fields: &mut Fields) -> Result<Parts> {
    let levels = Family { respaced: Switch::Off, ..Family::POINTS };
    exploding(fields, json!({ "kind": "euler_ancestral" }), &levels)
}

/// `HeunDiscreteScheduler`.
pub(super) fn heun(fields: &mut Fields) -> Result<Parts> {
    bounds::clipped(fields, Switch::Off)?;
    exploding(fields, json!({ "kind": "heun" }), &Family::NARROW)
}

/// `KDPM2DiscreteScheduler`.
pub(super) fn dpm2(fields: &mut Fields) -> Result<Parts> {
    exploding(fields, json!({ "kind": "dpm2" }), &Family::NARROW)
}

/// `KDPM2AncestralDiscreteScheduler`.
pub(super) fn dpm2_ancestral(fields: &mut Fields) -> Result<Parts> {
    exploding(fields, json!({ "kind": "dpm2_ancestral" }), &Family::NARROW)
}

/// `LMSDiscreteScheduler`; `order` is an argument of its step.
pub(super) fn lms(fields: &mut Fields) -> Result<Parts> {
    let order = fields.count("order", 4)?;
    exploding(fields, json!({ "kind": "lms", "order": order }), &Family::POINTS)
}

/// A scheduler that steps in `x/α`, the frame of variance explosion.
fn exploding(fields: &mut Fields, sampler: Value, levels: &Family) -> Result<Parts> {
    let (_, grid) = levels::discrete(fields, levels)?;
    Ok(Parts::new(sampler, "edm", grid, prediction(fields)?))
}

/// `EDMEulerScheduler`.
pub(super) fn edm_euler(fields: &mut Fields) -> Result<Parts> {
    let sampler = churned(fields, "euler")?;
    levels::edm(fields, sampler)
}

/// `FlowMatchEulerDiscreteScheduler`.
pub(super) fn flow_euler(fields: &mut Fields) -> Result<Parts> {
    let sampler = if fields.on("stochastic_sampling", Switch::Off)?.is_on() { "lcm" } else { "euler" };
    fields.only("invert_sigmas", &json!(false), "levels that rise are refused: Kiln's walks fall")?;
    for key in ["s_churn", "s_tmin", "s_tmax", "s_noise"] {
        fields.idle(
            key,
            &Value::Null,
            "diffusers takes it in this scheduler's step and does nothing with it",
        );
    }
    let grid = flows::flow(fields, Switch::On)?;
    Ok(Parts::new(json!({ "kind": sampler }), "cond_ot", grid, "flow"))
}

/// `FlowMatchHeunDiscreteScheduler`.
pub(super) fn flow_heun(fields: &mut Fields) -> Result<Parts> {
    fields.only(
        "s_churn",
        &json!(0.0),
        "churn is refused: diffusers adds it on the straight path as if on EDM's",
    )?;
    for key in ["s_tmin", "s_tmax", "s_noise"] {
        fields.idle(key, &Value::Null, "there is no churn");
    }
    let grid = flows::flow(fields, Switch::Off)?;
    Ok(Parts::new(json!({ "kind": "heun" }), "cond_ot", grid, "flow"))
}

/// The method, or EDM's stochastic sampler by it where there is churn.
fn churned(fields: &mut Fields, method: &str) -> Result<Value> {
    let churn = fields.number("s_churn", 0.0)?;
    // No bound is infinite, which Kiln's configuration cannot say.
    let (low, high) = (fields.number("s_tmin", 0.0)?, fields.bound("s_tmax", "Infinity")?.unwrap_or(1e9));
    let noise = fields.number("s_noise", 1.0)?;
    if churn == 0.0 {
        return Ok(json!({ "kind": method }));
    }
    let note =
        "s_churn: diffusers asks its network before it adds the noise and Kiln after, as Karras et al. do";
    fields.notes.push(note.into());
    Ok(json!({
        "kind": "edm_stochastic", "method": method, "s_churn": churn, "s_tmin": low, "s_tmax": high, "s_noise": noise,
    }))
}

/// Where the last step leads: to data, or to the level of the first timestep.
fn first_or_data(fields: &mut Fields, default: Switch) -> Result<Ends> {
    Ok(if fields.on("set_alpha_to_one", default)?.is_on() { Ends::Data } else { Ends::Least })
}
