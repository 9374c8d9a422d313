//! Looking into folders; where there are no files, saying so.
#![cfg_attr(
    feature = "host",
    expect(clippy::disallowed_methods, reason = "with `files`, this is where the library meets the disk")
)]

use std::path::{Path, PathBuf};

#[cfg(feature = "host")]
use crate::Error;
use crate::{Result, files};

/// The first of `names` that is in `folder`.
#[cfg(feature = "host")]
pub fn first_of(folder: &Path, names: &[String]) -> Result<PathBuf> {
    let found = names.iter().map(|name| folder.join(name)).find(|path| path.is_file());
    found.ok_or_else(|| {
        let message = format!("the folder holds none of: {}; is --data the right folder?", names.join(", "));
        Error::format(folder.display().to_string(), message)
    })
}

/// There are no folders in this build; reading says so.
#[cfg(not(feature = "host"))]
pub fn first_of(folder: &Path, _names: &[String]) -> Result<PathBuf> {
    files::read(folder).map(|_| folder.into())
}

/// The names of all files below `folder`, relative to it, with `/` between parts, sorted.
#[cfg(feature = "host")]
pub fn list(folder: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    walk(folder, "", &mut names)?;
    names.sort_unstable();
    Ok(names)
}

/// There are no folders in this build; reading says so.
#[cfg(not(feature = "host"))]
pub fn list(folder: &Path) -> Result<Vec<String>> {
    files::read(folder).map(|_| Vec::new())
}

/// Adds the files below `folder/prefix` to `names`.
#[cfg(feature = "host")]
fn walk(folder: &Path, prefix: &str, names: &mut Vec<String>) -> Result<()> {
    let here = folder.join(prefix);
    let fail = |source| files::io("read", &here, source);
    for entry in std::fs::read_dir(&here).map_err(fail)? {
        let entry = entry.map_err(fail)?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            walk(folder, &format!("{name}/"), names)?;
        } else {
            names.push(name);
        }
    }
    Ok(())
}
