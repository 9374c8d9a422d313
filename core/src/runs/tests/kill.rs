//! A kill or a full disk at any instant of saving leaves the old checkpoint or the new one, whole.

use std::cell::Cell;
use std::io::{Error, ErrorKind, Result};
use std::path::Path;

use super::super::Checkpoint;
use super::super::disk::{self, Disk, Host};
use super::super::manifest::Manifest;
use super::super::store::Store;
use super::checkpoint;

/// The real disk, without waiting for it: some thousands of files are written here.
struct Quick;

impl Disk for Quick {
    fn create_folder(&self, path: &Path) -> Result<()> {
        Host.create_folder(path)
    }
    fn write(&self, path: &Path, bytes: &[u8]) -> Result<()> {
        std::fs::write(path, bytes)
    }
    fn rename(&self, from: &Path, to: &Path) -> Result<()> {
        Host.rename(from, to)
    }
    fn remove(&self, path: &Path) -> Result<()> {
        Host.remove(path)
    }
    fn sync_folder(&self, _path: &Path) -> Result<()> {
        Ok(())
    }
}

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
        self.attempt(true, || Ok(()), || Quick.create_folder(path))
    }
    fn write(&self, path: &Path, bytes: &[u8]) -> Result<()> {
        self.attempt(true, || Quick.write(path, &bytes[..bytes.len() / 2]), || Quick.write(path, bytes))
    }
    fn rename(&self, from: &Path, to: &Path) -> Result<()> {
        self.attempt(false, || Ok(()), || Quick.rename(from, to))
    }
    fn remove(&self, path: &Path) -> Result<()> {
        // Half a removal: the first file of the folder is gone.
        let half = || match disk::names(path).unwrap_or_default().first() {
            Some(name) => Quick.remove(&path.join(name)),
            None => Ok(()),
        };
        self.attempt(false, half, || Quick.remove(path))
    }
    fn sync_folder(&self, path: &Path) -> Result<()> {
        self.attempt(false, || Ok(()), || Quick.sync_folder(path))
    }
}

/// The folder of checkpoints on this disk.
fn store<'a, D: Disk>(folder: &'a Path, disk: &'a D) -> Store<'a, D> {
    Store { what: "checkpoint", folder, disk }
}

/// Saves `next` over a folder with checkpoints of steps 1 and 2, with a fault after `left` operations; looks at what is
/// left, and saves again. Gives whether the fault came.
fn survives(fault: Fault, left: usize, next: &Checkpoint) -> bool {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("checkpoints");
    let sound = store(&folder, &Quick);
    sound.save(&checkpoint(1), 2).unwrap();
    sound.save(&checkpoint(2), 2).unwrap();

    let disk = Faulty::new(fault, left);
    let saved = store(&folder, &disk).save(next, 2);

    let found = sound.load().unwrap().unwrap();
    assert!(found.skipped.is_empty(), "{fault:?} after {left}: {:?}", found.skipped);
    for step in sound.steps().unwrap() {
        Manifest::load(&sound.place_of(step)).expect("what has a name should be whole");
    }
    let new = found.checkpoint == *next;
    assert!(new || found.checkpoint == checkpoint(2), "{fault:?} after {left}");
    match saved {
        Ok(_) => assert!(new, "{fault:?} after {left}: it was said to be saved"),
        Err(error) => check_message(fault, &error.to_string(), found.checkpoint.step),
    }

    sound.save(&checkpoint(4), 2).unwrap();
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
    let error = store(root.path(), &disk).save(&checkpoint(1), 2).expect_err("the disk is full").to_string();
    assert!(error.contains(".step_000001.tmp") && error.contains("no good checkpoint yet"), "{error}");
    assert!(disk::names(root.path()).unwrap().is_empty());
}

#[test]
fn what_is_said_of_a_snapshot_names_no_checkpoint() {
    let root = tempfile::tempdir().unwrap();
    let full = |step| {
        let store = Store { what: "snapshot", folder: root.path(), disk: &Faulty::new(Fault::Full, 3) };
        store.save(&checkpoint(step), usize::MAX).expect_err("the disk is full").to_string()
    };
    let sound = Store { what: "snapshot", folder: root.path(), disk: &Quick };
    assert!(full(1).contains("there is no good snapshot yet"), "{}", full(1));
    sound.save(&checkpoint(1), usize::MAX).unwrap();
    assert!(full(2).contains("the last good snapshot, step_000001, is kept"), "{}", full(2));
    Quick.remove(&root.path().join("step_000001/manifest.json")).unwrap();
    let error = sound.load().expect_err("it is damaged").to_string();
    assert!(error.contains("snapshot step_000001 is damaged"), "{error}");
    assert!(!(full(2) + &error).contains("checkpoint"), "{error}");
}

#[test]
fn any_prefix_of_rewinding_leaves_whole_checkpoints_and_the_one_rewound_to() {
    for left in 0..10 {
        let root = tempfile::tempdir().unwrap();
        let sound = store(root.path(), &Quick);
        for step in [1, 2, 3] {
            sound.save(&checkpoint(step), 3).unwrap();
        }
        let outcome = store(root.path(), &Faulty::new(Fault::Kill, left)).rewind(1);
        assert_eq!(
            outcome.is_err(),
            left < 6,
            "two are renamed and removed, `latest` is written and renamed"
        );
        assert!(sound.load().unwrap().unwrap().skipped.is_empty());
        sound.rewind(1).unwrap();
        assert_eq!(sound.load().unwrap().unwrap().checkpoint, checkpoint(1));
        assert_eq!(std::fs::read_to_string(root.path().join("latest")).unwrap(), "step_000001\n");
    }
}
