//! From a tree of values to a type: no key unknown, no value of the wrong kind, and the place named where one is.

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::explain::explain;
use crate::registry::{LOCATED, dotted};
use crate::{Error, Result};

/// Reads `value` as a `T`. What does not fit is an [`Error::Config`] with the whole path, through registries too.
pub fn typed<T: DeserializeOwned>(value: Value) -> Result<T> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let outer = dotted(error.path());
        let text = error.into_inner().to_string();
        let (path, message) = unpack(outer, &text);
        Error::config(if path.is_empty() { ".".into() } else { path }, explain(message))
    })
}

/// Joins two dotted paths, either of which may be empty.
pub(super) fn joined(parent: &str, child: &str) -> String {
    match (parent.is_empty(), child.is_empty()) {
        (true, _) => child.into(),
        (_, true) => parent.into(),
        _ => format!("{parent}.{child}"),
    }
}

/// Takes the paths that registries packed around a message off it, outermost first.
fn unpack(mut path: String, mut text: &str) -> (String, &str) {
    while let Some((inner, rest)) = text.strip_prefix(LOCATED).and_then(|text| text.split_once(LOCATED)) {
        path = joined(&path, inner);
        text = rest;
    }
    (path, text)
}
