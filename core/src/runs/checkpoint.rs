//! A checkpoint: all that a run needs in order to go on.

use super::manifest;
use crate::{Error, Result};

/// All that a run needs in order to go on after a step. What is in the files is training's affair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Steps taken.
    pub step: u64,
    /// Names and contents: `model`, `ema`, `optimizer`, `state`.
    pub files: Vec<(String, Vec<u8>)>,
}

impl Checkpoint {
    /// The content of one file; the error names those that there are.
    pub fn file(&self, name: &str) -> Result<&[u8]> {
        let names: Vec<&str> = self.files.iter().map(|(name, _)| name.as_str()).collect();
        let found = self.files.iter().find(|(other, _)| other == name);
        found
            .map(|(_, bytes)| bytes.as_slice())
            .ok_or_else(|| crate::error::unknown("file of a checkpoint", name, &names))
    }

    /// Refuses names that would leave the folder, hide in it, or meet one another.
    pub(super) fn check(&self) -> Result<()> {
        for (index, (name, _)) in self.files.iter().enumerate() {
            let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c));
            let taken = name == manifest::NAME || self.files[..index].iter().any(|(other, _)| other == name);
            if name.is_empty() || name.starts_with('.') || !plain || taken {
                return Err(Error::argument(format!(
                    "`{name}` cannot name a file of a checkpoint: each needs a name of its own, other than `{}`, of letters, \
                     digits, `.`, `_` and `-`",
                    manifest::NAME
                )));
            }
        }
        Ok(())
    }
}

/// The newest checkpoint that is whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recovered {
    /// The checkpoint.
    pub checkpoint: Checkpoint,
    /// What is wrong with newer ones, newest first: worth a warning.
    pub skipped: Vec<String>,
}
