//! Writing what was made: the folder is made too, the file is whole or absent.

use std::path::Path;

use kiln::{Result, files};

/// Writes `bytes` to `path`.
pub fn save(path: &Path, bytes: &[u8]) -> Result<()> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(|source| files::io("create", folder, source))?;
    }
    files::write_atomic(path, bytes)
}
