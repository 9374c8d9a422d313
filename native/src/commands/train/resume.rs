//! The rest of a run: from its newest whole checkpoint, on the CPU to the same bits.

use std::path::{Path, PathBuf};

use kiln::runs::Run;
use kiln::train::RunConfig;
use kiln::{Error, Result, config, files};

use super::Args;
use super::report::Line;
use super::start::{starts, told, workshop};
use super::trainer::Trainer;
use crate::clock::now;
use crate::failure::{Outcome, argument};
use crate::models::{configuration, remembered};
use crate::out;

/// Takes up the run in `folder`.
pub(super) fn resume(args: &Args, folder: &Path) -> Outcome<Trainer> {
    let run = Run::open(folder)?;
    let lock = run.lock()?;
    let config = changed(&run, configuration(&run)?, args)?;
    let data = args.data.clone().or_else(|| remembered(&run, "data").map(PathBuf::from));
    let device = args.device.clone().or_else(|| remembered(&run, "device"));
    let saved = run.latest_checkpoint()?;
    // What a checkpoint holds has started long ago.
    let starts = if saved.is_some() { Vec::new() } else { starts(&config)? };
    let device = device.as_deref().unwrap_or("auto");
    let mut workshop = workshop(&config, data.as_deref(), device, &starts)?;
    let mut line = Line::default();
    if let Some(saved) = saved {
        saved.skipped.iter().for_each(|skipped| out::note(format!("warning: passed over: {skipped}")));
        workshop.session.load(&saved.checkpoint.files)?;
        line = Line::of(&saved.checkpoint)?;
    }
    let step = workshop.session.steps();
    if step > config.train.steps {
        let steps = config.train.steps;
        return Err(argument(format!(
            "train.steps={steps}: this run has already taken {step} steps; name more"
        )));
    }
    run.rewind(step)?;
    if args.config.is_some() {
        files::write_atomic(&folder.join("config.yaml"), config::to_yaml(&config)?.as_bytes())?;
    }
    run.event(now(), "resumed", step, told(&workshop, data.as_deref()))?;
    out::say(format!("run: {}", folder.display()));
    out::say(format!("going on after step {step} of {} on {}", config.train.steps, workshop.device.what));
    let seconds = seconds(&run)?;
    Ok(Trainer::new(run, lock, config, workshop, line, seconds))
}

/// The run's configuration, with the one override that does not make it another run.
fn changed(run: &Run, config: RunConfig, args: &Args) -> Result<RunConfig> {
    let overrides: Vec<String> = args.config.iter().chain(&args.overrides).cloned().collect();
    if let Some(other) = overrides.iter().find(|entry| !entry.starts_with("train.steps=")) {
        let folder = run.folder().display();
        return Err(Error::argument(format!(
            "`{other}`: a resumed run keeps its configuration, and only `train.steps=N` may be changed; for another run: \
             kiln train {folder}/config.yaml key=value"
        )));
    }
    let mut value = serde_json::to_value(&config).expect("a configuration should be JSON");
    config::apply(&mut value, &overrides)?;
    config::typed(value)
}

/// How long the run has taken so far.
fn seconds(run: &Run) -> Result<f64> {
    let scalars = run.read_scalars()?;
    let column = scalars.columns.iter().position(|column| column == "seconds");
    let last = scalars.rows.last().zip(column);
    Ok(last.map_or(0.0, |((_, values), column)| values[column]))
}
