//! Composition: a file names others under `defaults:`, which come first and which it then changes.

use std::path::Path;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::{merge, overrides, typed, yaml};
use crate::{Error, Result, files};

/// Gives the text of a named file: from the disk, from what is embedded, from a test.
pub type Reader<'a> = &'a dyn Fn(&str) -> Result<String>;

/// The configuration in the file `name`, with what it builds on and with `overrides` on top.
pub fn compose(name: &str, overrides: &[String], reader: Reader) -> Result<Value> {
    let mut value = Value::Object(Map::new());
    lay_file(&mut value, &mut vec![resolve("", name)], reader)?;
    overrides::apply(&mut value, overrides)?;
    Ok(value)
}

/// [`compose()`], then [`typed()`].
pub fn load<T: DeserializeOwned>(name: &str, overrides: &[String], reader: Reader) -> Result<T> {
    typed(compose(name, overrides, reader)?)
}

/// [`compose()`] for a file on the disk.
pub fn read_file(path: &Path, overrides: &[String]) -> Result<Value> {
    compose(&path.to_string_lossy(), overrides, &|name| {
        let bytes = files::read(Path::new(name))?;
        String::from_utf8(bytes).map_err(|error| {
            Error::format(name, format!("not text in UTF-8, at byte {}", error.utf8_error().valid_up_to()))
        })
    })
}

/// Lays the last file of `chain` on `base`, those it builds on first.
fn lay_file(base: &mut Value, chain: &mut Vec<String>, reader: Reader) -> Result<()> {
    let name = chain.last().expect("the chain should start with the file that was asked for").clone();
    let text = reader(&name).map_err(|error| unreadable(chain, error))?;
    let mut own = top_map(&name, yaml::parse(&name, &text)?)?;
    for default in defaults(&name, own.shift_remove("defaults"))? {
        let file = resolve(&name, &with_extension(&default));
        let circle = chain.contains(&file);
        chain.push(file);
        if circle {
            return Err(Error::format(name, format!("`defaults` go in a circle: {}", chain.join(" -> "))));
        }
        lay_file(base, chain, reader)?;
        chain.pop();
    }
    merge(base, own.into());
    Ok(())
}

fn top_map(name: &str, value: Value) -> Result<Map<String, Value>> {
    match value {
        Value::Object(map) => Ok(map),
        Value::Null => Ok(Map::new()),
        other => Err(Error::format(name, format!("a configuration is a map of keys; this is {other}"))),
    }
}

fn defaults(name: &str, value: Option<Value>) -> Result<Vec<String>> {
    let value = value.unwrap_or_else(|| Value::Array(Vec::new()));
    serde_json::from_value(value).map_err(|_| {
        Error::config("defaults", format!("wanted a list of file names, such as [base] ({name})"))
    })
}

/// A missing file further down is named with the way to it; the first one's own error says enough.
fn unreadable(chain: &[String], error: Error) -> Error {
    match chain {
        [.., parent, _] => {
            Error::format(parent, format!("in `defaults`: {error} (the way there: {})", chain.join(" -> ")))
        }
        _ => error,
    }
}

fn with_extension(name: &str) -> String {
    let known = [".yaml", ".yml"].iter().any(|extension| name.ends_with(extension));
    if known { name.into() } else { format!("{name}.yaml") }
}

/// `name` as seen from the folder of the file `from`, with `.` and `..` taken out so that one file has one name.
fn resolve(from: &str, name: &str) -> String {
    let slash: &[char] = if cfg!(windows) { &['/', '\\'] } else { &['/'] };
    let folder = match from.rfind(slash) {
        Some(at) if !Path::new(name).is_absolute() => &from[..=at],
        _ => "",
    };
    let path = format!("{folder}{name}");
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split(slash) {
        match (part, parts.last()) {
            (".", _) | ("", Some(_)) => {}
            ("..", Some(&last)) if last != ".." && !last.is_empty() => drop(parts.pop()),
            _ => parts.push(part),
        }
    }
    parts.join("/")
}
