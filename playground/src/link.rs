//! Settings as the part of an address behind `#`: the panel's name, and each value that is not at its default.
//!
//! `#lab&family=nsf&layers.density=true` opens the density lab with a neural spline flow and its density.

use kiln::{Error, Result};
use serde_json::{Map, Value};

/// What a link says.
#[derive(Clone, Debug, PartialEq)]
pub struct Link {
    /// Which panel; empty where none is named.
    pub panel: String,
    /// Keys, dotted, with their texts.
    pub values: Vec<(String, String)>,
}

impl Link {
    /// Reads a link, or a whole address with one behind `#`.
    pub fn read(text: &str) -> Self {
        let text = text.split_once('#').map_or(text, |(_, hash)| hash);
        let mut link = Self { panel: String::new(), values: Vec::new() };
        for part in text.split('&').filter(|part| !part.is_empty()) {
            match part.split_once('=') {
                Some((key, value)) => link.values.push((decoded(key), decoded(value))),
                None => link.panel = decoded(part),
            }
        }
        // Links of before there were panels.
        if link.panel.is_empty() && link.values.iter().any(|(key, _)| key == "model") {
            link.panel = "denoise".into();
        }
        link
    }

    /// The defaults of a panel with what the link says. Keys that the panel does not have are named in the second part.
    pub fn settings(&self, defaults: &Value) -> Result<(Value, Vec<String>)> {
        let (mut settings, mut unknown) = (defaults.clone(), Vec::new());
        for (key, text) in &self.values {
            let Some(place) = settings.pointer_mut(&format!("/{}", key.replace('.', "/"))) else {
                unknown.push(key.clone());
                continue;
            };
            *place = match place {
                Value::String(_) => Value::String(text.clone()),
                _ => serde_json::from_str(text)
                    .map_err(|_| Error::argument(format!("link: `{text}` is no value of `{key}`")))?,
            };
        }
        Ok((settings, unknown))
    }
}

/// The link of a panel with these settings.
pub fn write(panel: &str, settings: &Value, defaults: &Value) -> String {
    let mut values = Vec::new();
    differences("", settings, defaults, &mut values);
    let mut link = format!("#{panel}");
    for (key, value) in values {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        link.extend(["&", &key, "=", &encoded(&text)]);
    }
    link
}

fn differences<'a>(path: &str, now: &'a Value, before: &Value, out: &mut Vec<(String, &'a Value)>) {
    let empty = Map::new();
    match (now, before) {
        (Value::Object(now), _) => {
            let before = before.as_object().unwrap_or(&empty);
            for (key, value) in now {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                differences(&path, value, before.get(key).unwrap_or(&Value::Null), out);
            }
        }
        _ if now != before => out.push((path.to_owned(), now)),
        _ => {}
    }
}

/// What an address bears as it is.
fn plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-_.~/,:".contains(&byte)
}

fn encoded(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if plain(byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.extend(
                [byte >> 4, byte & 15].map(|digit| char::from(b"0123456789ABCDEF"[usize::from(digit)])),
            );
        }
    }
    out
}

fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let (mut out, mut at) = (Vec::new(), 0);
    while at < bytes.len() {
        let code = (bytes[at] == b'%').then(|| text.get(at + 1..at + 3)).flatten();
        let byte = code.and_then(|code| u8::from_str_radix(code, 16).ok());
        out.push(byte.unwrap_or(bytes[at]));
        at += if byte.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn settings_survive_their_link() {
        let defaults = json!({ "a": "x", "n": 3, "inner": { "on": false, "list": [] }, "at": null });
        let settings = json!({ "a": "é & b=#%", "n": 3, "inner": { "on": true, "list": [1.0, 0.25] }, "at": [1.5, -2.0] });
        let link = write("lab", &settings, &defaults);
        assert!(!link.contains("n=3"), "{link}");
        let read = Link::read(&format!("https://example.org/kiln/{link}"));
        assert_eq!(read.panel, "lab");
        assert_eq!(read.settings(&defaults).expect("settings"), (settings, Vec::new()));
    }

    #[test]
    fn strange_links_are_read_as_far_as_they_go() {
        let defaults = json!({ "n": 3 });
        let link = Link::read("#lab&gone=1&n=7&%zz");
        assert_eq!(link.settings(&defaults).expect("settings"), (json!({ "n": 7 }), vec!["gone".to_owned()]));
        let error = Link::read("lab&n=seven").settings(&defaults).expect_err("no number").to_string();
        assert!(error.contains("`seven` is no value of `n`"), "{error}");
        assert_eq!(Link::read("").panel, "");
        assert_eq!(Link::read("#model=mnist/flow&steps=8").panel, "denoise");
        assert_eq!(decoded("100%"), "100%");
    }
}
