//! `manifest.json`: what a checkpoint consists of, by which a damaged one is told from a whole one.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::Checkpoint;
use crate::{Error, Result, files};

/// The manifest's name in a checkpoint's folder.
pub(super) const NAME: &str = "manifest.json";

/// The files of a checkpoint.
#[derive(Serialize, Deserialize)]
pub(super) struct Manifest {
    schema: u32,
    step: u64,
    files: Vec<Entry>,
}

#[derive(Serialize, Deserialize)]
struct Entry {
    name: String,
    bytes: usize,
    crc32: String,
}

impl Manifest {
    /// What the manifest of `checkpoint` says.
    pub(super) fn of(checkpoint: &Checkpoint) -> Vec<u8> {
        let files = checkpoint.files.iter().map(|(name, bytes)| Entry::of(name, bytes)).collect();
        let manifest = Self { schema: super::SCHEMA, step: checkpoint.step, files };
        serde_json::to_vec_pretty(&manifest).expect("strings and numbers should be JSON")
    }

    /// Reads a checkpoint's folder and compares it with its manifest.
    pub(super) fn load(folder: &Path) -> Result<Checkpoint> {
        let path = folder.join(NAME);
        let manifest: Self = serde_json::from_slice(&files::read(&path)?).map_err(|error| {
            Error::format(path.display().to_string(), format!("this is no manifest: {error}"))
        })?;
        let files = manifest.files.into_iter().map(|entry| entry.load(folder)).collect::<Result<_>>()?;
        Ok(Checkpoint { step: manifest.step, files })
    }
}

impl Entry {
    fn of(name: &str, bytes: &[u8]) -> Self {
        Self { name: name.to_owned(), bytes: bytes.len(), crc32: crc32(bytes) }
    }

    fn load(self, folder: &Path) -> Result<(String, Vec<u8>)> {
        let path = folder.join(&self.name);
        let bytes = files::read(&path)?;
        let wrong = |message| Err(Error::format(path.display().to_string(), message));
        if bytes.len() != self.bytes {
            return wrong(format!("{} bytes were written, {} are there", self.bytes, bytes.len()));
        }
        let found = crc32(&bytes);
        if found != self.crc32 {
            return wrong(format!("CRC-32 {} was written, {found} is there", self.crc32));
        }
        Ok((self.name, bytes))
    }
}

/// CRC-32 (ISO 3309), in hexadecimal.
fn crc32(bytes: &[u8]) -> String {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    format!("{:08x}", crc.sum())
}
