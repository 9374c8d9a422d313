//! A model by what a user calls it: an entry of the zoo, a weight file, or the folder of a run.

use std::path::{Path, PathBuf};

use burn::prelude::Device;
use kiln::data::DataConfig;
use kiln::model::{Card, Model};
use kiln::nn::Precision;
use kiln::runs::Run;
use kiln::train::RunConfig;
use kiln::{Error, Result, config, files};

use crate::out::note;

/// A model, and what is known of the data that it has learnt from.
pub struct Loaded {
    /// What the user called it.
    pub name: String,
    /// The model.
    pub model: Box<dyn Model>,
    /// Its data; `None` for a weight file, which does not say.
    pub data: Option<DataConfig>,
    /// Where its run read them.
    pub path: Option<PathBuf>,
}

/// The model called `name`.
pub fn load(name: &str, device: &Device) -> Result<Loaded> {
    load_in(name, device, Precision::F32)
}

/// The same, computing in this precision.
pub fn load_in(name: &str, device: &Device, precision: Precision) -> Result<Loaded> {
    let path = Path::new(name);
    if path.is_dir() {
        from_run(name, path, device, precision)
    } else if is_file(path) {
        let model = kiln::weights::load_in(name, &files::read(path)?, device, precision)?;
        Ok(Loaded { name: name.into(), model, data: None, path: None })
    } else {
        from_zoo(name, device, precision)
    }
}

/// What errors call the weight file of a model, and its bytes.
pub fn weights(name: &str) -> Result<(String, Vec<u8>)> {
    let path = Path::new(name);
    if path.is_dir() {
        return newest(name, &Run::open(path)?);
    }
    if is_file(path) {
        return Ok((name.into(), files::read(path)?));
    }
    Ok((name.into(), in_zoo(name)?.bytes()?.to_vec()))
}

/// The classifier called so; where nobody says, the zoo's that reads such pictures, if there is one.
pub fn classifier(name: Option<&str>, pictures: &Card, device: &Device) -> Result<Option<Loaded>> {
    if let Some(name) = name {
        return load(name, device).map(Some);
    }
    let found = kiln_zoo::classifier_of(pictures, device)?;
    found.map(|(entry, model)| of_entry(entry, model)).transpose()
}

fn is_file(path: &Path) -> bool {
    path.is_file() || path.extension().is_some_and(|extension| extension == "safetensors")
}

fn in_zoo(name: &str) -> Result<&'static kiln_zoo::Entry> {
    kiln_zoo::find(name).map_err(|error| {
        Error::argument(format!(
            "{error}. A .safetensors file or the folder of a run would do as well; there is none called `{name}`"
        ))
    })
}

fn from_zoo(name: &str, device: &Device, precision: Precision) -> Result<Loaded> {
    let entry = in_zoo(name)?;
    of_entry(entry, entry.load_in(device, precision)?)
}

fn of_entry(entry: &kiln_zoo::Entry, model: Box<dyn Model>) -> Result<Loaded> {
    let data = Some(entry.run_config()?.data);
    Ok(Loaded { name: entry.name.into(), model, data, path: None })
}

/// The averaged weights of the newest checkpoint.
fn newest(name: &str, run: &Run) -> Result<(String, Vec<u8>)> {
    let saved = run.latest_checkpoint()?.ok_or_else(|| {
        Error::format(
            name,
            format!("this run has no checkpoint yet; go on with `kiln train --resume {name}`"),
        )
    })?;
    saved.skipped.iter().for_each(|skipped| note(format!("warning: passed over: {skipped}")));
    let name = format!("{name}, step {}", saved.checkpoint.step);
    Ok((name, saved.checkpoint.file("ema.safetensors")?.to_vec()))
}

fn from_run(name: &str, folder: &Path, device: &Device, precision: Precision) -> Result<Loaded> {
    let run = Run::open(folder)?;
    let (name, bytes) = newest(name, &run)?;
    let model = kiln::weights::load_in(&name, &bytes, device, precision)?;
    let data = Some(configuration(&run)?.data);
    Ok(Loaded { name, model, data, path: remembered(&run, "data").map(PathBuf::from) })
}

/// A run's configuration.
pub fn configuration(run: &Run) -> Result<RunConfig> {
    let file = run.folder().join("config.yaml");
    config::typed(config::parse(&file.display().to_string(), &run.config()?)?)
}

/// What a run wrote down of itself when it was started, or last resumed: `data` or `device`.
pub fn remembered(run: &Run, key: &str) -> Option<String> {
    let events = run.read_events().ok()?;
    let mut told = events.iter().rev().filter(|event| ["started", "resumed"].contains(&event.kind.as_str()));
    told.find_map(|event| event.fields.get(key)?.as_str().map(str::to_owned))
}
