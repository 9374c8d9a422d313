//! `events.jsonl`: what happened, one line each.

use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Timestamp, disk, lines};
use crate::files::io;
use crate::{Error, Result};

/// Something that happened in a run: started, saved, sampled, resumed, ...
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// When: `2026-11-21T10:15:00Z`.
    pub time: String,
    /// What.
    pub kind: String,
    /// After which step.
    pub step: u64,
    /// What more there is to say.
    #[serde(flatten)]
    pub fields: Map<String, Value>,
}

/// Appends one event.
pub(super) fn append(path: &Path, now: Timestamp, kind: &str, step: u64, fields: Value) -> Result<()> {
    let event = Event { time: now.to_string(), kind: kind.to_owned(), step, fields: object(kind, fields)? };
    let line = serde_json::to_string(&event).expect("a map with text keys should be JSON");
    disk::append_line(path, &line).map_err(|source| io("write", path, source))
}

/// The event's own fields: a map, or null for none, without the keys that every event has.
fn object(kind: &str, fields: Value) -> Result<Map<String, Value>> {
    let map = match fields {
        Value::Object(map) => map,
        Value::Null => Map::new(),
        other => {
            return Err(Error::argument(format!(
                "the fields of event `{kind}` should be a map; this is {other}"
            )));
        }
    };
    match ["time", "kind", "step"].iter().find(|key| map.contains_key(**key)) {
        Some(key) => Err(Error::argument(format!(
            "event `{kind}` has a field `{key}`, which every event has already: give it another name"
        ))),
        None => Ok(map),
    }
}

/// All events, oldest first.
pub(super) fn read(path: &Path) -> Result<Vec<Event>> {
    lines::read(path)?
        .into_iter()
        .map(|(number, line)| {
            serde_json::from_str(&line).map_err(|error| lines::wrong(path, number, &error.to_string()))
        })
        .collect()
}
