//! The library's only door to the disk; the browser's build has a door that says it is shut.
#![cfg_attr(feature = "host", expect(clippy::disallowed_methods, reason = "this is the door to the disk"))]

#[cfg(not(feature = "host"))]
use std::io::{Error as IoError, ErrorKind};
use std::path::Path;

use crate::{Error, Result};

/// The whole content of a file.
#[cfg(feature = "host")]
pub fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(|source| io("read", path, source))
}

/// There are no files in this build.
#[cfg(not(feature = "host"))]
pub fn read(path: &Path) -> Result<Vec<u8>> {
    Err(io("read", path, IoError::new(ErrorKind::Unsupported, "this build of Kiln has no access to files")))
}

/// Writes a file whole or not at all: to a temporary name in the same folder, flushed to the disk, then renamed.
#[cfg(feature = "host")]
pub fn write_atomic(path: &Path, bytes: &[u8]) -> Result<()> {
    use std::io::Write;
    let temporary = path.with_extension(format!("{}.tmp", std::process::id()));
    let result = std::fs::File::create(&temporary)
        .and_then(|mut file| {
            file.write_all(bytes)?;
            file.sync_all()
        })
        .and_then(|()| std::fs::rename(&temporary, path));
    result.map_err(|source| {
        // The disk may be full: leave nothing half-written behind. That this fails too changes nothing.
        let _ = std::fs::remove_file(&temporary);
        io("write", path, source)
    })
}

/// An [`Error::Io`].
pub fn io(action: &'static str, path: &Path, source: std::io::Error) -> Error {
    Error::Io { action, path: path.display().to_string(), source }
}
