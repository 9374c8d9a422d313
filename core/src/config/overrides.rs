//! Overrides from the command line: `model.network.channels=64`.

use serde_json::Value;

use super::{merge::set, yaml};
use crate::{Error, Result};

/// Lays `overrides` on `root`, in order. What stands after the `=` is YAML: a number, a name, `[64, 128]`, `null`.
pub fn apply(root: &mut Value, overrides: &[String]) -> Result<()> {
    overrides.iter().try_for_each(|entry| {
        let (path, text) = entry.split_once('=').ok_or_else(|| formless(entry))?;
        let path = path.trim();
        set(root, path, value(path, text)?)
    })
}

fn formless(entry: &str) -> Error {
    Error::argument(format!(
        "the override `{entry}` has no `=`; write path=value, such as `model.network.channels=64`"
    ))
}

fn value(path: &str, text: &str) -> Result<Value> {
    yaml::parse("the override", text).map_err(|error| match error {
        Error::Config { path: inner, message } if inner == "." => Error::config(path, message),
        Error::Config { path: inner, message } => Error::config(format!("{path}.{inner}"), message),
        Error::Format { message, .. } => Error::config(path, format!("`{text}` is not YAML: {message}")),
        other => other,
    })
}
