//! Which noise levels a scheduler visits, as a grid of Kiln's.

use serde_json::{Value, json};

use super::Parts;
use super::exponential::prediction;
use super::fields::{Fields, Switch};
use super::flows::of_path;
use super::timesteps::of_table;
use crate::config::check::{between, positive};
use crate::{Error, Result};

/// Where a walk ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ends {
    /// In data.
    Data,
    /// At the level of the first timestep; at the last of the levels where they are respaced.
    Least,
    /// Where `final_sigmas_type` says.
    Asked,
}

/// What a group of schedulers of discrete time has in common.
#[derive(Clone, Copy, Debug)]
pub(super) struct Family {
    /// Kiln's name of the rule by which timesteps are picked.
    pub(super) rule: &'static str,
    /// `beta_start` and `beta_end` where the file does not say.
    pub(super) betas: [f64; 2],
    /// `beta_schedule` where the file does not say.
    pub(super) curve: &'static str,
    /// Whether `timestep_spacing` is read.
    pub(super) spaced: Switch,
    /// Whether the levels can be respaced (`use_karras_sigmas` and the like).
    pub(super) respaced: Switch,
    /// Whether `use_lu_lambdas` is read.
    pub(super) lu: Switch,
    /// Whether `sigma_min` and `sigma_max` are read.
    pub(super) bounded: Switch,
    /// Whether `use_flow_sigmas` is read.
    pub(super) flows: Switch,
    /// Where the walk ends.
    pub(super) ends: Ends,
}

impl Family {
    /// DDIM, DDPM, PNDM.
    pub(super) const TIMESTEPS: Self = Self {
        rule: "ddim",
        betas: [1e-4, 0.02],
        curve: "linear",
        spaced: Switch::On,
        respaced: Switch::Off,
        lu: Switch::Off,
        bounded: Switch::Off,
        flows: Switch::Off,
        ends: Ends::Data,
    };
    /// LCM and TCD.
    pub(super) const DISTILLED: Self =
        Self { betas: [0.00085, 0.012], curve: "scaled_linear", spaced: Switch::Off, ..Self::TIMESTEPS };
    /// Euler and its relatives.
    pub(super) const POINTS: Self = Self { rule: "euler", respaced: Switch::On, ..Self::TIMESTEPS };
    /// Those of them that have Stable Diffusion's betas for a default.
    pub(super) const NARROW: Self = Self { betas: [0.00085, 0.012], ..Self::POINTS };
    /// DPM-Solver and its relatives.
    pub(super) const STRIDES: Self =
        Self { rule: "dpm_solver", flows: Switch::On, ends: Ends::Asked, ..Self::POINTS };
}

/// The frame and the grid of a scheduler of discrete time.
pub(super) fn discrete(fields: &mut Fields, family: &Family) -> Result<(&'static str, Value)> {
    let respaced = if family.respaced.is_on() { respacing(fields, family)? } else { None };
    let flows = family.flows.is_on() && fields.on("use_flow_sigmas", Switch::Off)?.is_on();
    let ending = ending(fields, family, respaced.is_some() || flows)?;
    let (schedule, grid) = match respaced {
        Some(kind) if flows => {
            let why = format!("a flow's levels that are respaced ({kind}) are refused");
            return Err(Error::config("use_flow_sigmas", why));
        }
        _ if flows => ("cond_ot", of_path(fields, family, ending)?),
        _ => ("vp", of_table(fields, family, respaced)?),
    };
    Ok((schedule, ended(grid, ending)))
}

/// Where the walk ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    Data,
    /// At the table's least level.
    Lowest,
    /// At the last of the levels.
    Last,
}

fn ended(mut grid: Value, ending: Ending) -> Value {
    match ending {
        Ending::Data => grid,
        Ending::Lowest => {
            grid["ending"] = "lowest".into();
            grid
        }
        Ending::Last => json!({ "kind": "stop", "base": grid }),
    }
}

fn ending(fields: &mut Fields, family: &Family, of_their_own: bool) -> Result<Ending> {
    let least = match family.ends {
        Ends::Data => false,
        Ends::Least => true,
        Ends::Asked => fields.name("final_sigmas_type", &["zero", "sigma_min"])? == "sigma_min",
    };
    // DEIS, SA-Solver and UniPC repeat the last level of a walk whose levels are not the table's.
    let repeats = family.rule == "dpm_solver" && (family.ends == Ends::Least || family.bounded.is_on());
    Ok(match (least, of_their_own && repeats) {
        (false, _) => Ending::Data,
        (true, false) => Ending::Lowest,
        (true, true) => Ending::Last,
    })
}

/// The grid that takes over, if one does.
fn respacing(fields: &mut Fields, family: &Family) -> Result<Option<&'static str>> {
    let mut asked = Vec::new();
    let switches = [
        ("use_karras_sigmas", "karras"),
        ("use_lu_lambdas", "log_snr"),
        ("use_exponential_sigmas", "exponential"),
        ("use_beta_sigmas", "beta"),
    ];
    for (key, kind) in switches.into_iter().filter(|(key, _)| *key != "use_lu_lambdas" || family.lu.is_on()) {
        if fields.on(key, Switch::Off)?.is_on() {
            asked.push((key, kind));
        }
    }
    match asked[..] {
        [] => Ok(None),
        [(_, kind)] => Ok(Some(kind)),
        [(first, _), (second, _), ..] => {
            Err(Error::config(second, format!("wanted one spacing of the levels; {first} is on as well")))
        }
    }
}

/// A scheduler in EDM's frame, with EDM's prediction.
pub(super) fn edm(fields: &mut Fields, sampler: Value) -> Result<Parts> {
    let range = [fields.number("sigma_min", 0.002)?, fields.number("sigma_max", 80.0)?];
    positive("sigma_min", range[0])?;
    between("sigma_max", range[1], range[0], f64::INFINITY)?;
    let data = fields.number("sigma_data", 0.5)?;
    positive("sigma_data", data)?;
    fields.idle("num_train_timesteps", &json!(1000), "EDM's levels are continuous");
    let grid = if fields.name("sigma_schedule", &["karras", "exponential"])? == "karras" {
        json!({ "kind": "karras", "rho": fields.number("rho", 7.0)? })
    } else {
        fields.idle("rho", &json!(7.0), "the levels are exponential");
        json!({ "kind": "exponential" })
    };
    let ending = match fields.name("final_sigmas_type", &["zero", "sigma_min"])? {
        "zero" => Ending::Data,
        _ => Ending::Last,
    };
    if prediction(fields)? != "epsilon" {
        let why = "wanted epsilon, which stands for EDM's own prediction; the others are refused";
        return Err(Error::config("prediction_type", why));
    }
    Ok(Parts {
        sigma_data: Some(data),
        range: Some(range),
        ..Parts::new(sampler, "edm", ended(grid, ending), "edm")
    })
}
