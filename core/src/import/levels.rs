//! Which noise levels a scheduler visits, as a grid of Kiln's.

use serde_json::{Value, json};

use super::Parts;
use super::exponential::prediction;
use super::fields::{Fields, Switch, wanted};
use crate::config::check::under;
use crate::config::typed;
use crate::schedules::discrete::Betas;
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
        _ if flows => ("cond_ot", flowing(fields, family, ending)?),
        _ => ("vp", of_table(fields, family, respaced)?),
    };
    Ok((schedule, ended(grid, ending)))
}

/// Where the walk ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
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

/// Levels of the table, or another grid's between its ends.
fn of_table(fields: &mut Fields, family: &Family, respaced: Option<&str>) -> Result<Value> {
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
        && let Some(clipped) = fields.perhaps("lambda_min_clipped")?
    {
        grid["lambda_min"] = clipped.into();
    }
    if family.rule == "euler" && family.bounded.is_on() {
        let names = ["linear", "log_linear"];
        grid["interpolation"] = fields.name("interpolation_type", &names)?.into();
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
        "train_steps": fields.count("num_train_timesteps", 1000)?,
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

/// A millionth below 1, as single precision holds it.
const UNIPC_START: f64 = 0.999_998_986_721_038_8;

/// Levels on the straight path for a solver of discrete time (`use_flow_sigmas`).
fn flowing(fields: &mut Fields, family: &Family, ending: Ending) -> Result<Value> {
    if ending == Ending::Lowest {
        let why = "a flow that ends before data is refused: diffusers ends it at a level of another table";
        return Err(Error::config("final_sigmas_type", why));
    }
    let dynamic = "the shift would be its pipeline's, from the picture's size: set the grid's `rule`";
    fields.only("use_dynamic_shifting", &json!(false), dynamic)?;
    fields.idle("time_shift_type", &json!("exponential"), "use_dynamic_shifting is off");
    for key in
        ["beta_start", "beta_end", "beta_schedule", "trained_betas", "timestep_spacing", "steps_offset"]
    {
        fields.idle(key, &Value::Null, "use_flow_sigmas is on");
    }
    for key in ["rescale_betas_zero_snr", "lambda_min_clipped", "sigma_min", "sigma_max"] {
        fields.idle(key, &json!(false), "use_flow_sigmas is on");
    }
    let shortest = 1.0 / fields.count("num_train_timesteps", 1000)? as f64;
    let shift = fields.number("flow_shift", 1.0)?;
    // UniPC counts from a millionth below 1 down to the last timestep's level, the others from the first timestep's down to 0.
    let below = |sigma: f64| sigma / (sigma + shift * (1.0 - sigma));
    let (from, to) =
        if family.bounded.is_on() { (below(UNIPC_START), shortest) } else { (1.0 - shortest, 0.0) };
    Ok(json!({ "kind": "shift", "shift": shift, "base": { "kind": "linear", "from": from, "to": to } }))
}

/// The grid of a flow-matching scheduler. Its levels are shifted once in its range and once on their way.
pub(super) fn flow(fields: &mut Fields, full: Switch) -> Result<Value> {
    let shortest = 1.0 / fields.count("num_train_timesteps", 1000)? as f64;
    let shift = fields.number("shift", 1.0)?;
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

/// A scheduler in EDM's frame, with EDM's prediction.
pub(super) fn edm(fields: &mut Fields, sampler: Value) -> Result<Parts> {
    let range = [fields.number("sigma_min", 0.002)?, fields.number("sigma_max", 80.0)?];
    let data = fields.number("sigma_data", 0.5)?;
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

/// `σ/α` between the timestep before the first and the one after the second: what belongs to timesteps from one to the other.
pub(super) fn at_timesteps(fields: &mut Fields, [first, last]: [f64; 2]) -> Result<[f64; 2]> {
    if fields.on("use_flow_sigmas", Switch::Off)?.is_on() {
        let steps = fields.count("num_train_timesteps", 1000)? as f64;
        return Ok([first, last + 1.0].map(|timestep| (timestep - 1e-3) / (steps - timestep)));
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
    if fields.get("timestep_spacing").and_then(Value::as_str) == Some("linspace") {
        let note = "timestep_spacing: diffusers steps back by whole strides, which is not the next timestep under linspace; Kiln steps to that";
        fields.notes.push(note.into());
    }
}
