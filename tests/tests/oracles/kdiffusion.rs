//! A case of k-diffusion as Kiln walks it.

use kiln::config::typed;
use kiln::samplers::SamplerConfig;
use kiln::schedules::grids::{GridConfig, Span};
use kiln::schedules::{Level, ScheduleConfig};
use kiln::{Error, Result};
use serde_json::{Map, Value, json};

use super::case::{KDiffusion, Meta};
use super::diffusers::Levels;
use super::drive::Plan;
use super::network::{Asked, Network, Predicts};
use super::replay::Order;

/// The plan of a case.
pub fn plan(case: &KDiffusion, meta: &Meta, levels: Levels) -> Result<Plan> {
    let schedule = ScheduleConfig::named("edm")?;
    let levels = match (levels, &*case.sampler) {
        // These choose their levels themselves, between two, and do not go on into data.
        (_, "sample_dpm_fast") => between(meta, case.n, &schedule),
        (_, "sample_dpm_adaptive") => between(meta, 1, &schedule),
        (Levels::Recorded, _) => case.sigmas.iter().map(|sigma| Level::at(&*schedule, *sigma)).collect(),
        (Levels::Own, _) => own(case, meta, &schedule)?,
    };
    let order = if case.sampler == "sample_dpmpp_sde" { Order::Sequence } else { Order::PerStep };
    Ok(Plan {
        sampler: sampler(case)?,
        schedule,
        pairs: Plan::joined(&levels),
        network: Network {
            mu: meta.mu,
            s: meta.s,
            asked: Asked::Plainly,
            predicts: Predicts::Data,
            threshold: None,
            seen: None.into(),
            off: 0.into(),
        },
        asked_early: false,
        once: false,
        order,
        start: case.x_init.clone(),
        rows: meta.shape[0],
    })
}

/// The sampler of that name with those options, every one of which has to be known.
pub fn sampler(case: &KDiffusion) -> Result<SamplerConfig> {
    let mut options = case.kwargs.clone();
    let churns = options.get("s_churn").and_then(Value::as_f64).is_some_and(|churn| churn > 0.0);
    let kind = match case.sampler.as_str() {
        "sample_euler" | "sample_heun" if churns => {
            options.insert("method".into(), case.sampler["sample_".len()..].into());
            options.entry("s_tmin").or_insert(0.0.into());
            options.entry("s_tmax").or_insert(1e9.into());
            options.entry("s_noise").or_insert(1.0.into());
            "edm_stochastic"
        }
        "sample_euler" | "sample_heun" => {
            ["s_churn", "s_tmin", "s_tmax", "s_noise"]
                .iter()
                .for_each(|key| drop(options.shift_remove(*key)));
            &case.sampler["sample_".len()..]
        }
        "sample_dpm_2" if churns => {
            return Err(Error::argument("sample_dpm_2 with churn has no counterpart"));
        }
        "sample_dpm_2" => "dpm2",
        "sample_dpm_2_ancestral" => "dpm2_ancestral",
        "sample_dpmpp_2m" => return dpmpp_2m(options),
        "sample_lms"
        | "sample_dpm_fast"
        | "sample_dpm_adaptive"
        | "sample_euler_ancestral"
        | "sample_dpmpp_2s_ancestral"
        | "sample_dpmpp_sde"
        | "sample_dpmpp_2m_sde"
        | "sample_dpmpp_3m_sde" => &case.sampler["sample_".len()..],
        other => {
            return Err(Error::argument(format!(
                "no sampler of Kiln's is known to be k-diffusion's `{other}`"
            )));
        }
    }
    .to_owned();
    if let Some(second) = options.shift_remove("solver_type") {
        options.insert("second".into(), second);
    }
    options.insert("kind".into(), kind.into());
    typed(Value::Object(options))
}

fn dpmpp_2m(mut options: Map<String, Value>) -> Result<SamplerConfig> {
    options.insert("kind".into(), "dpmpp_2m".into());
    typed(Value::Object(options))
}

/// The levels of Kiln's own grid of that name.
fn own(case: &KDiffusion, meta: &Meta, schedule: &ScheduleConfig) -> Result<Vec<Level>> {
    let (grid, timed) = match case.schedule.as_str() {
        "karras" => (json!({ "kind": "karras" }), schedule),
        "exponential" => (json!({ "kind": "exponential" }), schedule),
        "polyexponential" => (json!({ "kind": "polynomial", "rho": 1.5 }), schedule),
        // Equal steps in the time of another schedule.
        "vp" => {
            let grid = json!({ "kind": "linear", "from": 1.0, "to": 1e-3, "last": "included" });
            (grid, &ScheduleConfig::named("vp_linear")?)
        }
        other => {
            let message = format!("no grid of Kiln's is known to be k-diffusion's `{other}`");
            return Err(Error::argument(message));
        }
    };
    let grid: GridConfig = typed(grid)?;
    let span = Span { steps: case.n, schedule: &**timed, range: range(meta), features: 4 };
    let levels = grid.levels(&span)?.into_iter();
    Ok(levels.map(|level| Level::at(&**schedule, schedule.time(level.ratio()))).collect())
}

fn range(meta: &Meta) -> [f64; 2] {
    [meta.sigma_min.unwrap_or(0.02), meta.sigma_max.unwrap_or(80.0)]
}

/// Levels at equal steps of `ln σ` between the ends.
fn between(meta: &Meta, steps: usize, schedule: &ScheduleConfig) -> Vec<Level> {
    let [min, max] = range(meta).map(f64::ln);
    let level = |i: usize| Level::at(&**schedule, (max + (min - max) * i as f64 / steps as f64).exp());
    (0..=steps).map(level).collect()
}
