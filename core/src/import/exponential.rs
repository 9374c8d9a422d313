//! Exponential integrators: DEIS, DPM-Solver in its forms, UniPC, SA-Solver.

use serde_json::{Value, json};

use super::fields::{Fields, Switch};
use super::levels::{self, Ends, Family};
use super::{Parts, bounds, timesteps};
use crate::{Error, Result};

/// `DEISMultistepScheduler`.
pub(super) fn deis(fields: &mut Fields) -> Result<Parts> {
    bounds::thresholded(fields)?;
    let levels = Family { ends: Ends::Least, ..Family::STRIDES };
    let (order, last) = (fields.count("solver_order", 2)?, lowered(fields, Switch::On)?);
    fields.name("algorithm_type", &["deis", "dpmsolver", "dpmsolver++"])?;
    fields.name("solver_type", &["logrho", "midpoint", "heun", "bh1", "bh2"])?;
    let (schedule, grid) = levels::discrete(fields, &levels)?;
    let sampler = json!({ "kind": "deis", "order": order, "last": last });
    Ok(Parts::new(sampler, schedule, grid, prediction(fields)?))
}

/// `DPMSolverMultistepScheduler`.
pub(super) fn multistep(fields: &mut Fields) -> Result<Parts> {
    let sampler = multistep_solver(fields)?;
    idle_variance(fields);
    let (schedule, grid) = levels::discrete(fields, &Family { lu: Switch::On, ..Family::STRIDES })?;
    Ok(Parts::new(sampler, schedule, grid, prediction(fields)?))
}

/// `EDMDPMSolverMultistepScheduler`.
pub(super) fn edm_multistep(fields: &mut Fields) -> Result<Parts> {
    let sampler = multistep_solver(fields)?;
    levels::edm(fields, sampler)
}

/// The solver of the multistep schedulers.
fn multistep_solver(fields: &mut Fields) -> Result<Value> {
    bounds::thresholded(fields)?;
    let order = fields.count("solver_order", 2)?;
    let (kind, second) = (algorithm(fields)?, second(fields)?);
    if kind == "sde_dpmpp" && order == 3 {
        let why = "order 3 of sde-dpmsolver++ is refused: the weight of diffusers' third term does not vanish with the step (a sign is wrong); take order 2, or Kiln's dpmpp_3m_sde";
        return Err(Error::config("solver_order", why));
    }
    let euler = fields.on("euler_at_final", Switch::Off)?;
    let last = match (lowered(fields, Switch::On)?, euler) {
        (last, Switch::Off) => last,
        ("full", Switch::On) if order > 2 => {
            let why =
                "without lower_order_final it would lower one step and not the other, which Kiln does not";
            return Err(Error::config("euler_at_final", why));
        }
        (_, Switch::On) => "euler",
    };
    Ok(json!({ "kind": kind, "order": order, "second": second, "last": last }))
}

/// `DPMSolverSinglestepScheduler`.
pub(super) fn singlestep(fields: &mut Fields) -> Result<Parts> {
    bounds::thresholded(fields)?;
    let order = fields.count("solver_order", 2)?;
    let (kind, second) = (algorithm(fields)?, second(fields)?);
    let last = lowered(fields, Switch::Off)?;
    idle_variance(fields);
    let levels = Family { spaced: Switch::Off, ..Family::STRIDES };
    let (schedule, grid) = levels::discrete(fields, &levels)?;
    let sampler = match kind {
        "sde_dpmpp" => {
            let why =
                "the stochastic form of the singlestep scheduler is refused: Kiln's sde_dpmpp is multistep";
            return Err(Error::config("algorithm_type", why));
        }
        kind => {
            json!({ "kind": kind, "method": "singlestep", "order": order, "second": second, "last": last })
        }
    };
    Ok(Parts::new(sampler, schedule, grid, prediction(fields)?))
}

/// `UniPCMultistepScheduler`.
pub(super) fn unipc(fields: &mut Fields) -> Result<Parts> {
    bounds::thresholded(fields)?;
    let order = fields.count("solver_order", 2)?;
    let variant = match fields.name("solver_type", &["bh2", "bh1", "midpoint", "heun", "logrho"])? {
        "bh1" => "bh1",
        _ => "bh2",
    };
    let predict = if fields.on("predict_x0", Switch::On)?.is_on() { "data" } else { "noise" };
    fields.only("solver_p", &Value::Null, "a predictor of one's own is refused: Kiln's is UniP")?;
    let uncorrected = fields.get("disable_corrector").cloned().unwrap_or_else(|| json!([]));
    fields.only("shift_terminal", &Value::Null, "the terminal shift is refused")?;
    let last = lowered(fields, Switch::On)?;
    let levels = Family { bounded: Switch::On, ..Family::STRIDES };
    let (schedule, grid) = levels::discrete(fields, &levels)?;
    let sampler = json!({ "kind": "unipc", "order": order, "variant": variant, "predict": predict, "last": last,
        "uncorrected": uncorrected });
    Ok(Parts::new(sampler, schedule, grid, prediction(fields)?))
}

/// `SASolverScheduler`. Its rate of noise is 1 between two timesteps, 200 and 800, and 0 outside of them.
pub(super) fn sa_solver(fields: &mut Fields) -> Result<Parts> {
    bounds::thresholded(fields)?;
    let (predictor, corrector) = (fields.count("predictor_order", 2)?, fields.count("corrector_order", 2)?);
    let predict = match fields.name("algorithm_type", &["data_prediction", "noise_prediction"])? {
        "data_prediction" => "data",
        _ => "noise",
    };
    fields.only("tau_func", &Value::Null, "a function cannot be read from a file: set the sampler's tau")?;
    idle_variance(fields);
    let last = lowered(fields, Switch::On)?;
    let window = timesteps::at_timesteps(fields, [200.0, 800.0])?;
    let levels = Family { ends: Ends::Least, ..Family::STRIDES };
    let (schedule, grid) = levels::discrete(fields, &levels)?;
    let sampler = json!({
        "kind": "sa_solver", "predictor_order": predictor, "corrector_order": corrector, "predict": predict,
        "tau": 1.0, "window": window, "last": last,
    });
    Ok(Parts::new(sampler, schedule, grid, prediction(fields)?))
}

/// `DPMSolverSDEScheduler`: k-diffusion's DPM-Solver++ SDE, which steps in `x/α`.
pub(super) fn sde(fields: &mut Fields) -> Result<Parts> {
    let noise = fields.number("s_noise", 1.0)?;
    let why = "the Brownian path is Kiln's own, by the seed of the request";
    fields.idle("noise_sampler_seed", &Value::Null, why);
    let (_, grid) = levels::discrete(fields, &Family::NARROW)?;
    let prediction = prediction(fields)?;
    if prediction == "x0" {
        return Err(Error::config("prediction_type", "sample is refused: this scheduler does not know it"));
    }
    let sampler = json!({ "kind": "dpmpp_sde", "eta": 1.0, "r": 0.5, "s_noise": noise });
    Ok(Parts::new(sampler, "edm", grid, prediction))
}

/// A network's learned variance: these solvers take the mean that comes with it.
fn idle_variance(fields: &mut Fields) {
    let why = "this solver takes the mean and leaves the variance, as a model of Kiln's does by itself";
    fields.idle("variance_type", &Value::Null, why);
}

/// Kiln's name of DPM-Solver's form.
fn algorithm(fields: &mut Fields) -> Result<&'static str> {
    let names = ["dpmsolver++", "dpmsolver", "sde-dpmsolver++", "sde-dpmsolver", "deis"];
    match fields.name("algorithm_type", &names)? {
        "dpmsolver" => Ok("dpm"),
        "sde-dpmsolver++" => Ok("sde_dpmpp"),
        "sde-dpmsolver" => {
            let why = "sde-dpmsolver is refused: diffusers itself gives it up; take sde-dpmsolver++";
            Err(Error::config("algorithm_type", why))
        }
        // diffusers takes `deis` for DPM-Solver++ too.
        _ => Ok("dpmpp"),
    }
}

/// How the second-order term is weighted; other solvers' types mean the midpoint there.
fn second(fields: &mut Fields) -> Result<&'static str> {
    let name = fields.name("solver_type", &["midpoint", "heun", "logrho", "bh1", "bh2"])?;
    Ok(if name == "heun" { "heun" } else { "midpoint" })
}

/// What the last steps do.
fn lowered(fields: &mut Fields, default: Switch) -> Result<&'static str> {
    Ok(if fields.on("lower_order_final", default)?.is_on() { "lower_order" } else { "full" })
}

/// What the network predicts.
pub(super) fn prediction(fields: &mut Fields) -> Result<&'static str> {
    let names = ["epsilon", "sample", "original_sample", "v_prediction", "flow_prediction"];
    Ok(match fields.name("prediction_type", &names)? {
        "epsilon" => "epsilon",
        "v_prediction" => "v",
        "flow_prediction" => "flow",
        _ => "x0",
    })
}
