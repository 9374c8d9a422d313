//! A new run: everything is checked before its folder is made.

use std::path::Path;
use std::sync::Arc;

use kiln::Error;
use kiln::config::check::under;
use kiln::data::{Dataset, Loader, Split};
use kiln::runs::{Meta, Run, SCHEMA, suffix};
use kiln::train::{RunConfig, Session, Start};
use serde_json::json;

use super::Args;
use super::report::{self, Line};
use super::trainer::Trainer;
use crate::clock::{now, word};
use crate::failure::Outcome;
use crate::{models, out, run_config};

/// What a run computes with.
pub(super) struct Workshop {
    pub(super) device: kiln::device::Found,
    pub(super) session: Session,
    pub(super) loader: Loader,
}

/// Opens the data and builds the model, which starts from `starts`.
pub(super) fn workshop(
    config: &RunConfig,
    data: Option<&Path>,
    device: &str,
    starts: &[Start],
) -> kiln::Result<Workshop> {
    under("train", config.train.check())?;
    let dataset: Arc<dyn Dataset> = under("data", config.data.open(data, Split::Train))?.into();
    let (found, device) = kiln::device::choose(device)?;
    let session = Session::starting(config, &*dataset, &device, starts)?;
    let session = match &config.train.teacher {
        Some(name) => session.with_teacher(models::load(name, &device)?.model.into())?,
        None => session,
    };
    check_sampling(config, &session)?;
    let loader = Loader::new(dataset, config.train.batch, config.seed)?;
    Ok(Workshop { device: found, session, loader })
}

/// Begins a sample, without taking a step: a way of sampling that cannot be gone should not be found out after a thousand steps.
fn check_sampling(config: &RunConfig, session: &Session) -> kiln::Result<()> {
    let model = session.model()?;
    let Some(generator) = model.generator() else { return Ok(()) };
    let begun = generator.begin(&report::request(config, model.card(), 1));
    begun.map(drop).map_err(|error| match error {
        Error::Argument(message) | Error::Config { message, .. } => {
            Error::config("model", format!("it could be trained, but not drawn from: {message}"))
        }
        other => other,
    })
}

/// The weights that a run starts from.
pub(super) fn starts(config: &RunConfig) -> kiln::Result<Vec<Start>> {
    config.check_start()?;
    let read = |(prefix, name): (&String, &String)| {
        let (name, bytes) = models::weights(name)?;
        Ok(Start { prefix: prefix.clone(), name, bytes })
    };
    config.train.from.iter().map(read).collect()
}

/// All that comes before the first step of a run, without the run's folder.
pub(super) fn check(args: &Args, overrides: &[String]) -> Outcome {
    prepare(args, overrides).map(drop)
}

fn prepare(args: &Args, overrides: &[String]) -> Outcome<(RunConfig, Workshop)> {
    let config = read(args, overrides)?;
    let device = args.device.as_deref().unwrap_or("auto");
    let workshop = workshop(&config, args.data.as_deref(), device, &starts(&config)?)?;
    Ok((config, workshop))
}

fn read(args: &Args, overrides: &[String]) -> Outcome<RunConfig> {
    let mut config = run_config::read(args.config.as_deref().unwrap_or_default(), overrides)?;
    // The run may be resumed from another folder.
    let train = &mut config.train;
    train.teacher.iter_mut().chain(train.from.values_mut()).for_each(|name| *name = absolute(name));
    Ok(config)
}

/// Begins a run.
pub(super) fn start(args: &Args, overrides: &[String]) -> Outcome<Trainer> {
    let (config, workshop) = prepare(args, overrides)?;
    let yaml = kiln::config::to_yaml(&config)?;
    let meta = meta(&config, &workshop);
    let run = Run::create(&args.out, &config.name, now(), &suffix(word()), &yaml, &meta)?;
    let lock = run.lock()?;
    run.event(now(), "started", 0, told(&workshop, args.data.as_deref()))?;
    out::say(format!("run: {}", run.folder().display()));
    out::say(format!(
        "{} parameters, {} steps of {} examples on {}",
        workshop.session.parameters(),
        config.train.steps,
        config.train.batch * config.train.accumulate,
        workshop.device.what
    ));
    Ok(Trainer::new(run, lock, config, workshop, Line::default(), 0.0))
}

/// A path as it is called from everywhere; the name of an entry of the zoo as it is.
fn absolute(name: &str) -> String {
    match std::path::absolute(name) {
        Ok(path) if path.exists() => path.display().to_string(),
        _ => name.to_owned(),
    }
}

/// What the run's folder says of its origin.
fn meta(config: &RunConfig, workshop: &Workshop) -> Meta {
    Meta {
        schema: SCHEMA,
        kiln: env!("CARGO_PKG_VERSION").into(),
        commit: option_env!("KILN_COMMIT").map(str::to_owned),
        device: format!("{}: {}", workshop.device.name, workshop.device.what),
        seed: config.seed,
        started: now().to_string(),
        command: std::env::args().collect(),
    }
}

/// What a resumed run has to know: where the data are, and what to compute on.
pub(super) fn told(workshop: &Workshop, data: Option<&Path>) -> serde_json::Value {
    // The run may be resumed from another folder.
    let data = data.map(|path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned()));
    json!({
        "device": workshop.device.name,
        "data": data.map(|path| path.display().to_string()),
        "parameters": workshop.session.parameters(),
    })
}
