//! Text files that grow by a line at a time.

use std::path::Path;

use crate::{Error, Result, files};

/// The whole lines of a file, numbered from 1. A last line without a break was cut short by a kill and is left out;
/// a file that is not there has no lines.
pub(super) fn read(path: &Path) -> Result<Vec<(usize, String)>> {
    let bytes = match files::read(path) {
        Err(Error::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {
            return Ok(Vec::new());
        }
        bytes => bytes?,
    };
    let whole = bytes.iter().rposition(|&byte| byte == b'\n').map_or(0, |position| position + 1);
    let text = str::from_utf8(&bytes[..whole])
        .map_err(|error| Error::format(path.display().to_string(), format!("this is not UTF-8: {error}")))?;
    Ok(text.lines().enumerate().map(|(index, line)| (index + 1, line.to_owned())).collect())
}

/// A line that cannot be used.
pub(super) fn wrong(path: &Path, line: usize, message: &str) -> Error {
    Error::format(path.display().to_string(), format!("line {line}: {message}; mend or delete the line"))
}
