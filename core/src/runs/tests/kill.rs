//! A kill or a full disk at any instant of saving leaves the old checkpoint or the new one, whole.

use std::cell::Cell;
use std::io::{Error, ErrorKind, Result};
use std::path::Path;

use super::super::disk::{self, Disk, Host};
use super::super::store::Store;
use super::super::{Checkpoint, Keep};
use super::checkpoint;

/// What happens once so many operations have been done.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    /// The process is gone: nothing more is done, and nothing cleaned up.
    Kill,
    /// The disk is full: nothing more is written, but names can be changed and files removed.
    Full,
    /// One operation fails, and the next goes well.
    Once,
}

/// A disk on which the operations after the first `left` fail, the first of them half-way.
struct Faulty {
    fault: Fault,
    left: Cell<usize>,
    failed: Cell<usize>,
}

impl Faulty {
    fn new(fault: Fault, left: usize) -> Self {
        Self { fault, left: Cell::new(left), failed: Cell::new(0) }
    }

    fn attempt(
        &self,
        writes: bool,
        half: impl FnOnce() -> Result<()>,
        whole: impl FnOnce() -> Result<()>,
    ) -> Result<()> {
        if self.left.get() > 0 {
            self.left.set(self.left.get() - 1);
            return whole();
        }
        let fails = match self.fault {
            Fault::Kill => true,
            Fault::Full => writes,
            Fault::Once => self.failed.get() == 0,
        };
        if !fails {
            return whole();
        }
        self.failed.set(self.failed.get() + 1);
        if self.failed.get() == 1 {
            half()?;
        }
        Err(Error::from(ErrorKind::StorageFull))
    }
}

impl Disk for Faulty {
    fn create_folder(&self, path: &Path) -> Result<()> {
        self.attempt(true, || Ok(()), || Host.create_folder(path))
    }
    fn write(&self, path: &Path, bytes: &[u8]) -> Result<()> {
        self.attempt(true, || Host.write(path, &bytes[..bytes.len() / 2]), || Host.write(path, bytes))
    }
    fn rename(&self, from: &Path, to: &Path) -> Result<()> {
        self.attempt(false, || Ok(()), || Host.rename(from, to))
    }
    fn remove(&self, path: &Path) -> Result<()> {
        // Half a removal: the first file of the folder is gone.
        let half = || match disk::names(path).unwrap_or_default().first() {
            Some(name) => Host.remove(&path.join(name)),
            None => Ok(()),
        };
        self.attempt(false, half, || Host.remove(path))
    }
    fn sync_folder(&self, path: &Path) -> Result<()> {
        self.attempt(false, || Ok(()), || Host.sync_folder(path))
    }
}

/// Saves `next` over a folder with checkpoints of steps 1 and 2, with a fault after `left` operations; looks at what is
/// left, and saves again. Gives whether the fault came.
fn survives(fault: Fault, left: usize, next: &Checkpoint) -> bool {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("checkpoints");
    let sound = Store { folder: &folder, disk: &Host };
    let keep = Keep { last: 2, every: None };
    sound.save(&checkpoint(1), keep).unwrap();
    sound.save(&checkpoint(2), keep).unwrap();

    let disk = Faulty::new(fault, left);
    let saved = Store { folder: &folder, disk: &disk }.save(next, keep);

    let found = sound.load().unwrap().unwrap();
    assert!(found.skipped.is_empty(), "{fault:?} after {left}: {:?}", found.skipped);
    let new = found.checkpoint == *next;
    assert!(new || found.checkpoint == checkpoint(2), "{fault:?} after {left}");
    match saved {
        Ok(_) => assert!(new, "{fault:?} after {left}: it was said to be saved"),
        Err(error) => check_message(fault, &error.to_string(), found.checkpoint.step),
    }

    sound.save(&checkpoint(4), keep).unwrap();
    assert_eq!(sound.load().unwrap().unwrap().checkpoint, checkpoint(4));
    let hidden: Vec<String> =
        disk::names(&folder).unwrap().into_iter().filter(|name| name.starts_with('.')).collect();
    assert!(hidden.is_empty(), "{fault:?} after {left}: {hidden:?}");
    disk.failed.get() > 0
}

/// A full disk is told with its path, what is kept and what to do.
fn check_message(fault: Fault, error: &str, kept: u64) {
    assert!(error.starts_with("cannot "), "{error}");
    if fault == Fault::Full {
        assert!(error.contains(&format!("step_{kept:06}, is kept")), "{error}");
    }
}

/// How many operations saving takes: each of them is a place to fail.
fn prefixes(fault: Fault, next: &Checkpoint) -> usize {
    (0..1000).find(|&left| !survives(fault, left, next)).expect("saving should end")
}

#[test]
fn any_prefix_of_saving_leaves_a_whole_checkpoint() {
    for fault in [Fault::Kill, Fault::Full, Fault::Once] {
        assert!(prefixes(fault, &checkpoint(3)) > 8, "{fault:?}: every file is an operation of its own");
    }
}

#[test]
fn any_prefix_of_replacing_leaves_a_whole_checkpoint() {
    let mut again = checkpoint(2);
    again.files[0].1.reverse();
    for fault in [Fault::Kill, Fault::Full, Fault::Once] {
        assert!(prefixes(fault, &again) > 8, "{fault:?}: every file is an operation of its own");
    }
}

#[test]
fn a_failed_save_leaves_nothing_half_written() {
    let root = tempfile::tempdir().unwrap();
    let disk = Faulty::new(Fault::Full, 3);
    let store = Store { folder: root.path(), disk: &disk };
    let error = store.save(&checkpoint(1), Keep::default()).expect_err("the disk is full").to_string();
    assert!(error.contains(".step_000001.tmp") && error.contains("no good checkpoint yet"), "{error}");
    assert!(disk::names(root.path()).unwrap().is_empty());
}
