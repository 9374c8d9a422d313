//! A case of diffusers as Kiln walks it: the scheduler's options go through `kiln::import`, as a user's file would.

use kiln::Result;
use kiln::import::{self, Imported};
use kiln::schedules::Level;
use kiln::schedules::grids::Span;
use serde_json::{Map, Value};

use super::case::{Diffusers, Meta};
use super::drive::Plan;
use super::network::{Asked, Network, Predicts};
use super::replay::Order;
use super::table::Table;

/// Whose levels are visited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Levels {
    /// Those in the file.
    Recorded,
    /// Those that Kiln makes of the options.
    Own,
}

/// In which frame the recorded states stand, and how their network was asked.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Exploding,
    Edm,
    Flow,
    /// By the scheduler's own σ.
    Sigmas,
    /// By timesteps of a table.
    Timesteps,
    /// By IPNDM's times.
    Crash,
}

impl Kind {
    fn of(case: &Diffusers) -> Self {
        match case.scheduler.as_str() {
            "EulerDiscreteScheduler"
            | "EulerAncestralDiscreteScheduler"
            | "HeunDiscreteScheduler"
            | "KDPM2DiscreteScheduler"
            | "KDPM2AncestralDiscreteScheduler"
            | "LMSDiscreteScheduler"
            | "DPMSolverSDEScheduler" => Self::Exploding,
            "EDMEulerScheduler" | "EDMDPMSolverMultistepScheduler" => Self::Edm,
            "FlowMatchEulerDiscreteScheduler" | "FlowMatchHeunDiscreteScheduler" => Self::Flow,
            "IPNDMScheduler" => Self::Crash,
            _ if case.sigmas.is_some() => Self::Sigmas,
            _ => Self::Timesteps,
        }
    }
}

/// The case as a user's file has it: options, those of the scheduler's `step` among them.
fn written(case: &Diffusers) -> Value {
    let mut file = Map::new();
    file.insert("_class_name".into(), case.scheduler.clone().into());
    file.extend(case.kwargs.clone());
    file.extend(case.step_kwargs.clone());
    Value::Object(file)
}

/// Digits that the original's formula loses in single precision, beyond those of its numbers: coefficients that are differences of
/// logarithms (DEIS), of products (LMS, SA-Solver) or of `ᾱ` (PNDM) over the least step in `ln σ`, ancestral levels, whose
/// square is a difference of squares, and the data where they are `x` without its noise (IPNDM).
pub fn lost(case: &Diffusers, plan: &Plan) -> f64 {
    let logs: Vec<f64> = plan.pairs.iter().map(|pair| pair[0].ratio().min(1e9).ln()).collect();
    let least = logs.windows(2).map(|pair| pair[0] - pair[1]).fold(f64::INFINITY, f64::min);
    let largest = logs.iter().fold(0.0, |largest: f64, log| largest.max(log.abs()));
    let order =
        |key: &str, default: u64| case.kwargs.get(key).and_then(Value::as_u64).unwrap_or(default) as i32;
    let digits = match case.scheduler.as_str() {
        "DEISMultistepScheduler" => (largest / least).powi(order("solver_order", 2) - 1),
        "PNDMScheduler" => 4.0 * largest / least,
        "IPNDMScheduler" => 2.0,
        "LMSDiscreteScheduler" => least.powi(-2),
        "SASolverScheduler" => least.powi(1 - order("predictor_order", 2).max(order("corrector_order", 2))),
        name if name.contains("Ancestral") => plan.pairs[0][0].ratio().min(1e9) / 4.0,
        _ => 0.0,
    };
    digits / f64::from(1 << 20)
}

/// Whether the original keeps data within bounds.
pub fn clips(case: &Diffusers) -> bool {
    import::diffusers(&written(case)).is_ok_and(|imported| imported.sampling.guiding.threshold.is_some())
}

/// The plan of a case.
pub fn plan(case: &Diffusers, meta: &Meta, levels: Levels) -> Result<Plan> {
    let kind = Kind::of(case);
    let imported = import::diffusers(&written(case))?;
    let recorded = recorded(case, kind, &imported);
    let pairs = match levels {
        Levels::Recorded => recorded.clone(),
        Levels::Own => own(case, &recorded, &imported)?,
    };
    let churned = case.step_kwargs.get("s_churn").and_then(Value::as_f64).is_some_and(|churn| churn > 0.0);
    Ok(Plan {
        start: start(case, meta, kind, pairs[0][0]),
        network: network(case, meta, kind, &recorded, &imported),
        sampler: imported.sampling.sampler,
        schedule: imported.sampling.schedule,
        pairs,
        asked_early: churned,
        once: case.timesteps.len() == case.n,
        order: if churned { Order::Sequence } else { Order::PerStep },
        rows: meta.shape[0],
    })
}

fn network(case: &Diffusers, meta: &Meta, kind: Kind, pairs: &[[Level; 2]], imported: &Imported) -> Network {
    let text = |key: &str| case.kwargs.get(key).and_then(Value::as_str);
    let on = |key: &str| case.kwargs.get(key).and_then(Value::as_bool) == Some(true);
    let times = || times(case, pairs);
    let levels = || pairs.iter().map(|pair| pair[0].ratio()).collect();
    let predicts = Predicts::named(text("prediction_type"));
    let asked = match kind {
        Kind::Exploding => Asked::Scaled,
        Kind::Edm => {
            let data = case.kwargs.get("sigma_data").and_then(Value::as_f64).unwrap_or(0.5);
            Asked::Edm(data, if predicts == Predicts::Velocity { -1.0 } else { 1.0 })
        }
        Kind::Flow => {
            Asked::Flow(case.kwargs.get("num_train_timesteps").and_then(Value::as_f64).unwrap_or(1e3) as f32)
        }
        Kind::Sigmas if on("use_flow_sigmas") => Asked::FlowSigma(levels()),
        Kind::Sigmas => Asked::Sigma(levels()),
        Kind::Timesteps => Asked::Timed(Table::default_betas(), times()),
        Kind::Crash => Asked::Crash(Table::default_betas(), times()),
    };
    let threshold = imported.sampling.guiding.threshold.clone();
    Network { mu: meta.mu, s: meta.s, asked, predicts, threshold, seen: None.into(), off: 0.into() }
}

/// `σ/α` and the timestep of every level at which the network is asked.
fn times(case: &Diffusers, pairs: &[[Level; 2]]) -> Vec<[f64; 2]> {
    if case.scheduler == "IPNDMScheduler" {
        return pairs.iter().zip(&case.timesteps).map(|(pair, t)| [pair[0].ratio(), *t]).collect();
    }
    let table = Table::new(&case.kwargs);
    let level = |t: &f64| [table.at(*t as i64).expect("a timestep of the table"), *t];
    case.timesteps.iter().map(level).collect()
}

/// Where the walk begins, in its own frame.
fn start(case: &Diffusers, meta: &Meta, kind: Kind, first: Level) -> Vec<f64> {
    let scaled = |factor: f64, shift: f64| meta.x0.iter().map(|x| x * factor + shift).collect();
    let number = |key: &str, default: f64| case.kwargs.get(key).and_then(Value::as_f64).unwrap_or(default);
    let total = |sigma: f64| (meta.s * meta.s + sigma * sigma).sqrt();
    match kind {
        Kind::Flow => scaled(1.0, 0.0),
        Kind::Edm => scaled((number("sigma_max", 80.0).powi(2) + 1.0).sqrt(), 0.0),
        Kind::Exploding => scaled(total(first.ratio()), meta.mu),
        Kind::Sigmas | Kind::Timesteps | Kind::Crash => {
            let asked = match (kind, &case.sigmas) {
                (Kind::Sigmas, Some(sigmas)) => sigmas[0],
                _ => Table::default_betas().interpolated(case.timesteps[0]),
            };
            let a = 1.0 / (1.0 + asked * asked).sqrt();
            scaled(a * total(asked), a * meta.mu)
        }
    }
}

/// The pairs of levels that the original walked.
fn recorded(case: &Diffusers, kind: Kind, imported: &Imported) -> Vec<[Level; 2]> {
    let schedule = &imported.sampling.schedule;
    // No signal at all is a level of infinite noise; this is as near as double precision comes.
    let level = |ratio: f64| Level::at(&**schedule, schedule.time(ratio.min(1e12)));
    let flowing =
        kind == Kind::Flow || case.kwargs.get("use_flow_sigmas").and_then(Value::as_bool) == Some(true);
    match (kind, &case.sigmas) {
        (Kind::Timesteps, _) => timed(case).into_iter().map(|[from, to]| [level(from), level(to)]).collect(),
        (Kind::Crash, _) => {
            let levels: Vec<Level> = crash(case.n).into_iter().map(level).collect();
            Plan::joined(&levels)
        }
        (_, Some(sigmas)) => {
            let mut sigmas = sigmas.clone();
            if sigmas.len() > case.n + 1 {
                // Two-stage schedulers list every level twice.
                sigmas.dedup();
            }
            sigmas.truncate(case.n + 1);
            let ratio = |sigma: f64| if flowing { sigma / (1.0 - sigma) } else { sigma };
            let levels: Vec<Level> = sigmas.into_iter().map(|sigma| level(ratio(sigma))).collect();
            Plan::joined(&levels)
        }
        (_, None) => panic!("{} recorded no sigmas", case.scheduler),
    }
}

/// Pairs of `σ/α` of a scheduler that counts timesteps. DDIM and PNDM step back by whole strides, whether or not that is the next
/// timestep.
fn timed(case: &Diffusers) -> Vec<[f64; 2]> {
    let table = Table::new(&case.kwargs);
    let at = |t: f64| table.at(t as i64).expect("a timestep of the table");
    let on = |key: &str, default: bool| case.kwargs.get(key).and_then(Value::as_bool).unwrap_or(default);
    let strided = matches!(case.scheduler.as_str(), "DDIMScheduler" | "PNDMScheduler");
    let ends_in_data = match case.scheduler.as_str() {
        "PNDMScheduler" => on("set_alpha_to_one", false),
        "TCDScheduler" => false,
        _ => on("set_alpha_to_one", true),
    };
    let last = if ends_in_data { 0.0 } else { at(0.0) };
    let stride = (table.len() / case.n) as f64;
    let timesteps = visited(case);
    let to = |i: usize| match timesteps.get(i + 1) {
        _ if strided && timesteps[i] - stride < 0.0 => last,
        _ if strided => at(timesteps[i] - stride),
        Some(next) => at(*next),
        None => last,
    };
    (0..timesteps.len()).map(|i| [at(timesteps[i]), to(i)]).collect()
}

/// The timesteps at which steps begin.
fn visited(case: &Diffusers) -> Vec<f64> {
    if case.scheduler != "PNDMScheduler" {
        return case.timesteps.clone();
    }
    let mut timesteps = case.timesteps.clone();
    if case.kwargs.get("skip_prk_steps").and_then(Value::as_bool) == Some(true) {
        timesteps.dedup();
        return timesteps;
    }
    // Three Runge-Kutta steps of four evaluations each.
    let plms = timesteps.split_off(12);
    timesteps.into_iter().step_by(4).chain(plms).collect()
}

/// `σ = sin²(π t/2)`, `α = sqrt(1 − σ²)` at equal times.
fn crash(n: usize) -> Vec<f64> {
    let ratio = |i: usize| {
        let t = (1.0 - i as f64 / n as f64) as f32;
        let sigma = f64::from((t * std::f32::consts::FRAC_PI_2).sin().powi(2));
        sigma / (1.0 - sigma * sigma).sqrt()
    };
    (0..n).map(ratio).chain([0.0]).collect()
}

/// The pairs that Kiln's grid makes. Where the original's pairs do not join, each of its steps begins at a level of ours.
fn own(case: &Diffusers, recorded: &[[Level; 2]], imported: &Imported) -> Result<Vec<[Level; 2]>> {
    let sampling = &imported.sampling;
    let span = Span { steps: case.n, schedule: &*sampling.schedule, range: imported.range, features: 4 };
    let mut levels = sampling.grid.levels(&span)?;
    let joins = recorded.windows(2).all(|pairs| (pairs[0][1].t - pairs[1][0].t).abs() < 1e-9);
    if !joins {
        return Ok(levels.into_iter().zip(recorded).map(|(from, pair)| [from, pair[1]]).collect());
    }
    if levels.len() == recorded.len() {
        // The original's last step leads nowhere: from a level to itself.
        levels.extend(levels.last().copied());
    }
    Ok(Plan::joined(&levels))
}
