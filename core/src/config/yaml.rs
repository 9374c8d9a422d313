//! YAML in and out: one document, no key twice, no number that is not finite.
//!
//! `1e-4` is a number and `no` is text (YAML 1.2, and not 1.1, on both counts).

use std::fmt::Display;

use serde::Serialize;
use serde_json::Value;
use serde_saphyr::Error as YamlError;

use crate::registry::dotted;
use crate::{Error, Result};

/// Reads a document; `file` is named in what is wrong with it. An empty one is `null`.
pub fn parse(file: &str, text: &str) -> Result<Value> {
    let options = serde_saphyr::options! {
        strict_booleans: true,
        leading_zero_numbers_as_strings: true,
        with_snippet: false,
    };
    let mut place = String::new();
    let value = serde_saphyr::with_deserializer_from_str_with_options(text, options, |deserializer| {
        serde_path_to_error::deserialize(deserializer).map_err(|error| {
            place = dotted(error.path());
            error.into_inner()
        })
    });
    value.map_err(|error| refusal(file, &place, &error))
}

fn refusal(file: &str, place: &str, error: &YamlError) -> Error {
    let where_ = error.location().map(|at| format!("line {}, column {}", at.line(), at.column()));
    let where_ = where_.unwrap_or_else(|| "at its end".into());
    match error.without_snippet() {
        YamlError::NonFiniteFloat { .. } => {
            let path = if place.is_empty() { "." } else { place };
            Error::config(path, format!("wanted a finite number ({file}, {where_})"))
        }
        YamlError::DuplicateMappingKey { key: Some(key), .. } => {
            Error::format(file, format!("{where_}: the key `{key}` stands here a second time"))
        }
        YamlError::MultipleDocuments { .. } => {
            Error::format(file, format!("{where_}: a second document starts here; a configuration is one"))
        }
        other => Error::format(file, format!("{where_}: {}", without_location(&other.to_string()))),
    }
}

/// The parser ends its messages with the location, which ours begin with.
fn without_location(message: &str) -> &str {
    message.rsplit_once(" at line ").map_or(message, |(message, _)| message)
}

/// Writes `value` so that [`parse`] and [`typed()`](super::typed()) give it back.
pub fn to_yaml<T: Serialize>(value: &T) -> Result<String> {
    let unwritable =
        |error: &dyn Display| Error::config(".", format!("this cannot be written as YAML: {error}"));
    let value = serde_json::to_value(value).map_err(|error| unwritable(&error))?;
    serde_saphyr::to_string(&value).map_err(|error| unwritable(&error))
}
