//! What a run does to the disk: the few operations that a kill can fall between.

#![expect(
    clippy::disallowed_methods,
    reason = "with `files`, this is where the library meets the file system"
)]

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read, Result, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// The operations by which a checkpoint is written. Tests have one that fails at the n-th.
pub(super) trait Disk {
    /// Makes a folder, and those above it.
    fn create_folder(&self, path: &Path) -> Result<()>;
    /// Writes a file and waits until it is on the disk.
    fn write(&self, path: &Path, bytes: &[u8]) -> Result<()>;
    /// Gives a file or folder another name, in one instant.
    fn rename(&self, from: &Path, to: &Path) -> Result<()>;
    /// Removes a file, or a folder with all that is in it.
    fn remove(&self, path: &Path) -> Result<()>;
    /// Waits until the names in a folder are on the disk.
    fn sync_folder(&self, path: &Path) -> Result<()>;
}

/// The real disk.
pub(super) struct Host;

impl Disk for Host {
    fn create_folder(&self, path: &Path) -> Result<()> {
        fs::create_dir_all(path)
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> Result<()> {
        let mut file = File::create(path)?;
        file.write_all(bytes)?;
        file.sync_all()
    }

    fn rename(&self, from: &Path, to: &Path) -> Result<()> {
        fs::rename(from, to)
    }

    fn remove(&self, path: &Path) -> Result<()> {
        if fs::symlink_metadata(path)?.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) }
    }

    fn sync_folder(&self, path: &Path) -> Result<()> {
        // Elsewhere a folder cannot be opened, and a rename needs no second word.
        if cfg!(unix) { File::open(path)?.sync_all() } else { Ok(()) }
    }
}

/// Makes a folder that is not there yet.
pub(super) fn create_new_folder(path: &Path) -> Result<()> {
    fs::create_dir(path)
}

/// The names in a folder, in alphabetical order; none where there is no such folder.
pub(super) fn names(folder: &Path) -> Result<Vec<String>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut names = entries
        .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
        .collect::<Result<Vec<_>>>()?;
    names.sort();
    Ok(names)
}

/// Appends a line. A last line that a kill cut short is dropped first: nothing may be glued to it.
pub(super) fn append_line(path: &Path, line: &str) -> Result<()> {
    let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
    let end = file.seek(SeekFrom::End(0))?;
    let whole = end_of_last_line(&mut file, end)?;
    if whole < end {
        file.set_len(whole)?;
    }
    file.seek(SeekFrom::Start(whole))?;
    file.write_all(format!("{line}\n").as_bytes())?;
    file.flush()
}

/// Where the last line that has its line break ends.
fn end_of_last_line(file: &mut File, end: u64) -> Result<u64> {
    let mut position = end;
    let mut byte = [0];
    while position > 0 {
        file.seek(SeekFrom::Start(position - 1))?;
        file.read_exact(&mut byte)?;
        if byte == *b"\n" {
            break;
        }
        position -= 1;
    }
    Ok(position)
}

/// The first line of a file, without its break; `None` where there is no file or no whole line.
pub(super) fn first_line(path: &Path) -> Result<Option<String>> {
    use std::io::{BufRead, BufReader};
    let file = match File::open(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        file => file?,
    };
    let mut line = String::new();
    BufReader::new(file).read_line(&mut line)?;
    Ok(line.strip_suffix('\n').map(str::to_owned))
}

/// Waits until a file that was appended to is on the disk; there may be none.
pub(super) fn sync_file(path: &Path) -> Result<()> {
    match OpenOptions::new().append(true).open(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        file => file?.sync_all(),
    }
}

/// Opens a file and locks it for as long as it is open; `None` where another has it.
pub(super) fn lock(path: &Path) -> Result<Option<File>> {
    let file = OpenOptions::new().write(true).create(true).truncate(false).open(path)?;
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => Ok(None),
        // A file system that knows no locks is trained on without.
        Ok(()) | Err(TryLockError::Error(_)) => Ok(Some(file)),
    }
}

/// `folder/.name.ending`: a name that readers pass over.
pub(super) fn hidden(folder: &Path, name: &str, ending: &str) -> PathBuf {
    folder.join(format!(".{name}.{ending}"))
}
