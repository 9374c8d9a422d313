//! Runs: what is written is read back, and what a kill leaves is whole.

#![expect(clippy::disallowed_methods, reason = "the tests damage files as a kill would")]

mod facts;
mod folder;
mod kill;

use tempfile::TempDir;

use super::{Checkpoint, Meta, Run, SCHEMA, Timestamp};

fn meta() -> Meta {
    Meta {
        schema: SCHEMA,
        kiln: "0.1.0".into(),
        commit: None,
        device: "CPU".into(),
        seed: u64::MAX,
        started: Timestamp(0).to_string(),
        command: vec!["kiln".into(), "train".into()],
    }
}

/// A new run; the folder that it is in lives as long as the test.
fn run() -> (TempDir, Run) {
    let root = tempfile::tempdir().unwrap();
    let run = Run::create(root.path(), "mnist/flow", Timestamp(0), "k3f9", "seed: 1\n", &meta()).unwrap();
    (root, run)
}

/// A checkpoint whose files tell its step.
fn checkpoint(step: u64) -> Checkpoint {
    let bytes = |salt: u64| (0..1000 + step % 7).map(|i| (i * salt + step) as u8).collect();
    let files = [("model", 3), ("ema", 5), ("optimizer", 7), ("state", 11)];
    Checkpoint { step, files: files.into_iter().map(|(name, salt)| (name.to_owned(), bytes(salt))).collect() }
}
