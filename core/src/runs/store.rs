//! The folder of checkpoints, written so that a kill at any instant leaves a whole one; that of snapshots too.
//!
//! A checkpoint is written under a hidden name (`.step_001000.tmp`), flushed, and renamed. One that is replaced waits
//! as `.step_001000.old` until its successor has the name.

use std::io::Result as IoResult;
use std::path::{Path, PathBuf};

use super::disk::{self, Disk, hidden};
use super::manifest::{self, Manifest};
use super::{Checkpoint, Recovered};
use crate::files::io;
use crate::{Error, Result};

/// The text file that names the checkpoint saved last.
const LATEST: &str = "latest";

/// A run's folder of checkpoints, or of snapshots.
pub(super) struct Store<'a, D> {
    /// `checkpoint` or `snapshot`.
    pub(super) what: &'static str,
    /// The folder.
    pub(super) folder: &'a Path,
    /// What it lies on.
    pub(super) disk: &'a D,
}

impl<D: Disk> Store<'_, D> {
    /// Saves a checkpoint, then removes all but the `keep` newest. Gives its folder.
    pub(super) fn save(&self, checkpoint: &Checkpoint, keep: usize) -> Result<PathBuf> {
        checkpoint.check()?;
        self.publish(checkpoint)
            .and_then(|()| self.prune(checkpoint.step, keep))
            .map_err(|error| self.after_failure(error))?;
        Ok(self.folder.join(name(checkpoint.step)))
    }

    /// The newest checkpoint that is whole; `None` where none was ever saved.
    pub(super) fn load(&self) -> Result<Option<Recovered>> {
        let mut skipped = Vec::new();
        for step in self.steps()?.into_iter().rev() {
            match Manifest::load(&self.place_of(step)) {
                Ok(checkpoint) => return Ok(Some(Recovered { checkpoint, skipped })),
                Err(error) => skipped.push(format!("{} {} is damaged: {error}", self.what, name(step))),
            }
        }
        if skipped.is_empty() {
            return Ok(None);
        }
        let remedy = format!("no {} is whole; restore one from a copy or start the run anew", self.what);
        Err(Error::format(self.folder.display().to_string(), format!("{remedy}\n{}", skipped.join("\n"))))
    }

    /// Steps of the checkpoints that are there, whole or not, ascending.
    pub(super) fn steps(&self) -> Result<Vec<u64>> {
        let names = self.names()?;
        let mut steps: Vec<u64> =
            names.iter().filter_map(|name| step_of(name).or_else(|| replaced(name))).collect();
        steps.sort_unstable();
        steps.dedup();
        Ok(steps)
    }

    /// Removes the checkpoints after `step`, and what earlier kills left.
    pub(super) fn rewind(&self, step: u64) -> Result<()> {
        self.sweep()?;
        self.steps()?.into_iter().filter(|at| *at > step).try_for_each(|at| self.discard(at))?;
        let latest = self.folder.join(LATEST);
        match self.steps()?.last() {
            Some(last) => self.point_to(&name(*last)),
            None if latest.exists() => self.remove(&latest),
            None => Ok(()),
        }
    }

    /// Writes a checkpoint and gives it its name.
    fn publish(&self, checkpoint: &Checkpoint) -> Result<()> {
        let name = name(checkpoint.step);
        let (place, temporary) = (self.folder.join(&name), hidden(self.folder, &name, "tmp"));
        at("create", self.folder, self.disk.create_folder(self.folder))?;
        self.sweep()?;
        at("create", &temporary, self.disk.create_folder(&temporary))?;
        for (file, bytes) in &checkpoint.files {
            self.write(&temporary.join(file), bytes)?;
        }
        self.write(&temporary.join(manifest::NAME), &Manifest::of(checkpoint))?;
        at("write", &temporary, self.disk.sync_folder(&temporary))?;
        if place.exists() {
            self.rename(&place, &hidden(self.folder, &name, "old"))?;
        }
        self.rename(&temporary, &place)?;
        at("write", self.folder, self.disk.sync_folder(self.folder))?;
        self.point_to(&name)?;
        self.sweep()
    }

    /// Removes all but the `keep` newest up to `step`, and never that of `step`. Anything later is of a line of training that was given
    /// up.
    fn prune(&self, step: u64, keep: usize) -> Result<()> {
        let steps: Vec<u64> = self.steps()?.into_iter().filter(|at| *at <= step).collect();
        let surplus = steps.len().saturating_sub(keep.max(1));
        steps[..surplus].iter().try_for_each(|at| self.discard(*at))
    }

    /// Writes the name of the newest checkpoint to `latest`.
    fn point_to(&self, name: &str) -> Result<()> {
        let temporary = hidden(self.folder, LATEST, "tmp");
        self.write(&temporary, format!("{name}\n").as_bytes())?;
        self.rename(&temporary, &self.folder.join(LATEST))
    }

    /// Takes away what is unfinished, and gives a replaced checkpoint its name back where its successor never came.
    fn sweep(&self) -> Result<()> {
        for name in self.names()?.iter().filter(|name| name.starts_with('.')) {
            let path = self.folder.join(name);
            match replaced(name).map(|step| self.folder.join(self::name(step))) {
                Some(place) if !place.exists() => self.rename(&path, &place)?,
                Some(_) => self.remove(&path)?,
                None if is_temporary(name) => self.remove(&path)?,
                None => {}
            }
        }
        Ok(())
    }

    /// Removes a checkpoint: first its name, so that no half of it is ever taken for one.
    fn discard(&self, step: u64) -> Result<()> {
        let name = name(step);
        let temporary = hidden(self.folder, &name, "tmp");
        self.rename(&self.folder.join(name), &temporary)?;
        self.remove(&temporary)
    }

    /// Cleans up after a failed save and says in the error which checkpoint is still good.
    fn after_failure(&self, error: Error) -> Error {
        // Where the disk fails for good this fails too; the next save sweeps again.
        let _ = self.sweep();
        let what = self.what;
        let kept = match self.load() {
            Ok(Some(found)) => format!("the last good {what}, {}, is kept", name(found.checkpoint.step)),
            _ => format!("there is no good {what} yet"),
        };
        match error {
            Error::Io { action, path, source } => {
                let source = std::io::Error::new(
                    source.kind(),
                    format!("{source}; {kept}; once the disk has room again, resume the run"),
                );
                Error::Io { action, path, source }
            }
            other => other,
        }
    }

    /// Where the checkpoint of a step is: under its name, or set aside while being replaced.
    pub(super) fn place_of(&self, step: u64) -> PathBuf {
        let place = self.folder.join(name(step));
        if place.exists() { place } else { hidden(self.folder, &name(step), "old") }
    }

    fn names(&self) -> Result<Vec<String>> {
        at("read", self.folder, disk::names(self.folder))
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> Result<()> {
        at("write", path, self.disk.write(path, bytes))
    }

    fn rename(&self, from: &Path, to: &Path) -> Result<()> {
        at("rename", from, self.disk.rename(from, to))
    }

    fn remove(&self, path: &Path) -> Result<()> {
        at("remove", path, self.disk.remove(path))
    }
}

/// Says what was done to which path, where it failed.
fn at<T>(action: &'static str, path: &Path, result: IoResult<T>) -> Result<T> {
    result.map_err(|source| io(action, path, source))
}

/// `step_001000`.
pub(super) fn name(step: u64) -> String {
    format!("step_{step:06}")
}

/// The step of `step_001000`; nothing for other names.
fn step_of(text: &str) -> Option<u64> {
    let step = text.strip_prefix("step_")?.parse().ok()?;
    (name(step) == text).then_some(step)
}

/// The step of `.step_001000.old`.
fn replaced(text: &str) -> Option<u64> {
    step_of(text.strip_prefix('.')?.strip_suffix(".old")?)
}

/// Whether this is `.step_001000.tmp` or `.latest.tmp`.
fn is_temporary(text: &str) -> bool {
    let inner = text.strip_prefix('.').and_then(|text| text.strip_suffix(".tmp"));
    inner.is_some_and(|inner| inner == LATEST || step_of(inner).is_some())
}
