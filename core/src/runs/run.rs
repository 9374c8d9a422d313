//! A run's folder.

use std::fs::File;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::disk::{self, Disk, Host};
use super::manifest::Manifest;
use super::store::{self, Store};
use super::{Checkpoint, Event, Meta, Recovered, Scalars, Timestamp, events, scalars};
use crate::files::{self, io};
use crate::{Error, Result};

/// A run's folder. Opening it changes nothing; only the process that trains writes to it.
#[derive(Clone, Debug)]
pub struct Run {
    folder: PathBuf,
    meta: Meta,
}

/// The right to train a run, until it is dropped or the process ends, however that does.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

/// Four characters of a random word, by which runs of the same second differ.
pub fn suffix(word: u32) -> String {
    const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
    (0..4).map(|place| char::from(DIGITS[(word / 36_u32.pow(place) % 36) as usize])).collect()
}

impl Run {
    /// Makes the folder of a new run, `TIME_NAME_SUFFIX`, below `root`.
    pub fn create(
        root: &Path,
        name: &str,
        now: Timestamp,
        suffix: &str,
        config_yaml: &str,
        meta: &Meta,
    ) -> Result<Self> {
        let folder = root.join(format!("{}_{}_{}", now.folder(), plain(name), plain(suffix)));
        make(root)?;
        disk::create_new_folder(&folder).map_err(|source| io("create", &folder, source))?;
        for part in ["facts", "checkpoints", "samples", "figures"] {
            make(&folder.join(part))?;
        }
        files::write_atomic(&folder.join("config.yaml"), config_yaml.as_bytes())?;
        // Last: a folder that has it is a run.
        meta.write(&folder.join("meta.json"))?;
        Ok(Self { folder, meta: meta.clone() })
    }

    /// Opens the folder of a run.
    pub fn open(folder: &Path) -> Result<Self> {
        let missing: Vec<&str> =
            ["meta.json", "config.yaml"].into_iter().filter(|name| !folder.join(name).is_file()).collect();
        if !missing.is_empty() {
            let wanted = "name a folder such as outputs/runs/2026-11-21T10-15-00_mnist-flow_k3f9";
            let message =
                format!("this is not the folder of a run ({} missing); {wanted}", missing.join(" and "));
            return Err(Error::format(folder.display().to_string(), message));
        }
        Ok(Self { folder: folder.to_owned(), meta: Meta::read(&folder.join("meta.json"))? })
    }

    /// The right to train this run, which one process has at a time; reading needs none.
    pub fn lock(&self) -> Result<Lock> {
        let path = self.folder.join("lock");
        match disk::lock(&path).map_err(|source| io("write", &path, source))? {
            Some(file) => Ok(Lock { _file: file }),
            None => Err(Error::argument(format!(
                "{}: this run is being trained by another process; wait for its end, or stop it first",
                self.folder.display()
            ))),
        }
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where the run comes from.
    pub fn meta(&self) -> &Meta {
        &self.meta
    }

    /// The configuration, as YAML.
    pub fn config(&self) -> Result<String> {
        let path = self.folder.join("config.yaml");
        String::from_utf8(files::read(&path)?)
            .map_err(|error| Error::format(path.display().to_string(), format!("this is not UTF-8: {error}")))
    }

    /// Says that something happened. `fields` is a map, or null.
    pub fn event(&self, now: Timestamp, kind: &str, step: u64, fields: Value) -> Result<()> {
        events::append(&self.events_path(), now, kind, step, fields)
    }

    /// All events, oldest first.
    pub fn read_events(&self) -> Result<Vec<Event>> {
        events::read(&self.events_path())
    }

    /// Writes down the numbers of a step. The first row's names are the columns of all.
    pub fn scalars(&self, step: u64, values: &[(&str, f64)]) -> Result<()> {
        scalars::append(&self.scalars_path(), step, values)
    }

    /// The numbers of all steps.
    pub fn read_scalars(&self) -> Result<Scalars> {
        scalars::read(&self.scalars_path())
    }

    /// Saves a checkpoint and removes all but the `keep` newest. Gives its folder.
    pub fn save_checkpoint(&self, checkpoint: &Checkpoint, keep: usize) -> Result<PathBuf> {
        // No checkpoint may survive a power cut that the rows before it do not survive.
        for facts in [self.scalars_path(), self.events_path()] {
            disk::sync_file(&facts).map_err(|source| io("write", &facts, source))?;
        }
        checkpoints(&self.checkpoints_path()).save(checkpoint, keep)
    }

    /// The newest checkpoint that is whole, and what is wrong with newer ones; `None` where none was ever saved.
    pub fn latest_checkpoint(&self) -> Result<Option<Recovered>> {
        checkpoints(&self.checkpoints_path()).load()
    }

    /// Saves a snapshot of the averages, as whole as a checkpoint; all are kept. Gives its folder.
    pub fn save_snapshot(&self, snapshot: &Checkpoint) -> Result<PathBuf> {
        snapshots(&self.averages_path()).save(snapshot, usize::MAX)
    }

    /// Steps of the snapshots that are there, ascending.
    pub fn snapshots(&self) -> Result<Vec<u64>> {
        snapshots(&self.averages_path()).steps()
    }

    /// The snapshot of a step, which has to be whole.
    pub fn snapshot(&self, step: u64) -> Result<Checkpoint> {
        Manifest::load(&snapshots(&self.averages_path()).place_of(step))
    }

    /// Makes the run what it was after `step`, before it is resumed from there: rows, checkpoints and snapshots of later
    /// steps go, and so does what a kill left unfinished. Events stay: they happened.
    pub fn rewind(&self, step: u64) -> Result<()> {
        checkpoints(&self.checkpoints_path()).rewind(step)?;
        snapshots(&self.averages_path()).rewind(step)?;
        scalars::rewind(&self.scalars_path(), step)
    }

    /// Writes `samples/step_001000.png`.
    pub fn save_samples(&self, step: u64, png: &[u8]) -> Result<PathBuf> {
        self.save("samples", &format!("{}.png", store::name(step)), png)
    }

    /// Writes `samples/step_001000.txt`.
    pub fn save_text(&self, step: u64, text: &str) -> Result<PathBuf> {
        self.save("samples", &format!("{}.txt", store::name(step)), text.as_bytes())
    }

    /// Writes `figures/NAME`.
    pub fn save_figure(&self, name: &str, bytes: &[u8]) -> Result<PathBuf> {
        self.save("figures", name, bytes)
    }

    fn save(&self, part: &str, name: &str, bytes: &[u8]) -> Result<PathBuf> {
        let folder = self.folder.join(part);
        make(&folder)?;
        let path = folder.join(name);
        files::write_atomic(&path, bytes)?;
        Ok(path)
    }

    fn checkpoints_path(&self) -> PathBuf {
        self.folder.join("checkpoints")
    }

    fn averages_path(&self) -> PathBuf {
        self.folder.join("averages")
    }

    fn events_path(&self) -> PathBuf {
        self.folder.join("facts/events.jsonl")
    }

    fn scalars_path(&self) -> PathBuf {
        self.folder.join("facts/scalars.csv")
    }
}

/// A name as a part of a path: `mnist/flow` as `mnist-flow`, `../my run` as `my-run`.
pub fn plain(name: &str) -> String {
    let safe = |c: char| if c.is_alphanumeric() || "._-".contains(c) { c } else { '-' };
    name.trim_matches(['/', '.']).chars().map(safe).collect()
}

fn checkpoints(folder: &Path) -> Store<'_, Host> {
    Store { what: "checkpoint", folder, disk: &Host }
}

fn snapshots(folder: &Path) -> Store<'_, Host> {
    Store { what: "snapshot", folder, disk: &Host }
}

fn make(folder: &Path) -> Result<()> {
    Host.create_folder(folder).map_err(|source| io("create", folder, source))
}
