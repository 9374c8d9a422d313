//! How one layer of a configuration covers another.

use serde_json::{Map, Value};

use crate::{Error, Result};

/// Lays `over` on `base`. Maps merge key by key, deeply; everything else, lists too, is replaced whole.
///
/// A map of another `kind` replaces too, as the fields of the old kind mean nothing to the new one; fields that have
/// no kind yet stay. A name under a map is the short form of `{kind: name}`.
pub fn merge(base: &mut Value, over: Value) {
    match over {
        Value::Object(over) => merge_map(base, over),
        other => *base = other,
    }
}

fn merge_map(base: &mut Value, over: Map<String, Value>) {
    let map = as_map(base);
    if let (Some(old), Some(new)) = (map.get("kind"), over.get("kind"))
        && old != new
    {
        map.clear();
    }
    for (key, value) in over {
        merge(map.entry(key).or_insert(Value::Null), value);
    }
}

/// `value` as a map: a name becomes `{kind: name}`, and anything else that is no map gives way to an empty one.
fn as_map(value: &mut Value) -> &mut Map<String, Value> {
    if !value.is_object() {
        let mut map = Map::new();
        if let Value::String(kind) = value.take() {
            map.insert("kind".into(), kind.into());
        }
        *value = map.into();
    }
    value.as_object_mut().expect("it should be a map, as it was just made one")
}

/// Lays `value` on what `path` names in `root`: `a.b.0.c`, where a number is an index if a list stands there.
///
/// Keys on the way that do not exist yet are made; whether anybody knows them is for [`typed()`](super::typed()) to say.
pub fn set(root: &mut Value, path: &str, value: Value) -> Result<()> {
    if path.split('.').any(str::is_empty) {
        let place = if path.is_empty() { "." } else { path };
        return Err(Error::config(
            place,
            "a path is keys joined by single dots, such as `model.network.channels`",
        ));
    }
    let keys: Vec<&str> = path.split('.').collect();
    set_below(root, &keys, 0, value)
}

fn set_below(target: &mut Value, keys: &[&str], depth: usize, value: Value) -> Result<()> {
    let Some(key) = keys.get(depth) else {
        merge(target, value);
        return Ok(());
    };
    let place = || keys[..depth].join(".");
    match target {
        Value::Array(list) => {
            let length = list.len();
            let entry = key.parse().ok().and_then(|index: usize| list.get_mut(index));
            set_below(entry.ok_or_else(|| no_entry(&place(), key, length))?, keys, depth + 1, value)
        }
        Value::Bool(_) | Value::Number(_) => {
            Err(Error::config(place(), format!("this is {target}, which has no key `{key}`")))
        }
        _ if *key == "kind" && depth + 1 == keys.len() => {
            merge(target, serde_json::json!({ "kind": value }));
            Ok(())
        }
        _ => {
            let entry = as_map(target).entry(*key).or_insert(Value::Null);
            set_below(entry, keys, depth + 1, value)
        }
    }
}

fn no_entry(place: &str, key: &str, length: usize) -> Error {
    let allowed = match length {
        0 => "the list is empty".into(),
        1 => "its only entry is 0".into(),
        _ => format!("its entries are 0 to {}", length - 1),
    };
    Error::config(
        place,
        format!("the list has no entry `{key}`; {allowed}; to add one, write the whole list"),
    )
}
