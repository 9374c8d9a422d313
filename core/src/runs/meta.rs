//! `meta.json`: where a run comes from.

use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Error, Result, files};

/// The layout of run folders that this version writes, and the newest that it reads.
pub const SCHEMA: u32 = 1;

/// Where a run comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meta {
    /// Layout of the folder: [`SCHEMA`].
    pub schema: u32,
    /// Kiln's version.
    pub kiln: String,
    /// The commit that it was built from, where that is known.
    pub commit: Option<String>,
    /// The device, in words.
    pub device: String,
    /// The seed of all randomness.
    pub seed: u64,
    /// When the run was started: `2026-11-21T10:15:00Z`.
    pub started: String,
    /// The command line.
    pub command: Vec<String>,
}

impl Meta {
    /// Writes `meta.json`.
    pub(super) fn write(&self, path: &Path) -> Result<()> {
        let text = serde_json::to_string_pretty(self).expect("strings and numbers should be JSON");
        files::write_atomic(path, format!("{text}\n").as_bytes())
    }

    /// Reads `meta.json`. The schema is looked at first: in a newer one the other keys may mean anything.
    pub(super) fn read(path: &Path) -> Result<Self> {
        let wrong = |message: String| Error::format(path.display().to_string(), message);
        let value: Value = serde_json::from_slice(&files::read(path)?)
            .map_err(|error| wrong(format!("this is not the JSON that a run writes: {error}")))?;
        match value.get("schema").and_then(Value::as_u64) {
            Some(schema) if schema > u64::from(SCHEMA) => Err(wrong(format!(
                "this run was written by a newer Kiln (schema {schema}; this one reads up to {SCHEMA}): update Kiln"
            ))),
            _ => serde_json::from_value(value).map_err(|error| wrong(error.to_string())),
        }
    }
}
