//! A folder or a zip: named files, whichever holds them.

use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};

use super::disk;
use crate::{Error, Result, files};

type Archive = zip::ZipArchive<Cursor<Vec<u8>>>;

/// Named files.
pub struct Store {
    path: PathBuf,
    /// Sorted, with `/` between parts.
    names: Vec<String>,
    /// None: a folder.
    archive: Option<Archive>,
}

impl Store {
    /// Looks into a folder or a zip.
    pub fn open(path: &Path) -> Result<Self> {
        if path.is_dir() {
            return Ok(Self { path: path.into(), names: disk::list(path)?, archive: None });
        }
        let fail = |error| {
            Error::format(path.display().to_string(), format!("neither a folder nor a readable zip: {error}"))
        };
        let archive = Archive::new(Cursor::new(files::read(path)?)).map_err(fail)?;
        let names: zip::result::ZipResult<Vec<String>> =
            archive.file_names().map(|name| name.map(std::borrow::Cow::into_owned)).collect();
        let mut names = names.map_err(fail)?;
        names.sort_unstable();
        Ok(Self { path: path.into(), names, archive: Some(archive) })
    }

    /// The files' names, sorted.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The store's name, for messages.
    pub fn label(&self) -> String {
        self.path.display().to_string()
    }

    /// A file's content.
    pub fn read(&mut self, name: &str) -> Result<Vec<u8>> {
        match &mut self.archive {
            None => files::read(&self.path.join(name)),
            Some(archive) => unzip(archive, name)
                .map_err(|error| Error::format(self.label(), format!("{name}: cannot be unpacked: {error}"))),
        }
    }
}

fn unzip(archive: &mut Archive, name: &str) -> zip::result::ZipResult<Vec<u8>> {
    let mut bytes = Vec::new();
    archive.by_name(name)?.read_to_end(&mut bytes)?;
    Ok(bytes)
}
