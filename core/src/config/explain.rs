//! serde's messages in the user's words: what is wanted, what came, what is allowed, what is nearest.

use crate::error::did_you_mean;

/// Rewrites a message of serde's; one it does not know stays as it is.
pub(super) fn explain(message: &str) -> String {
    unknown(message, "unknown field `", "key")
        .or_else(|| unknown(message, "unknown variant `", "value"))
        .or_else(|| mismatch(message))
        .or_else(|| missing(message))
        .unwrap_or_else(|| message.into())
}

/// ``unknown field `x`, expected one of `a`, `b` ``.
fn unknown(message: &str, start: &str, noun: &str) -> Option<String> {
    let (name, rest) = message.strip_prefix(start)?.split_once("`, ")?;
    // Every second piece between backticks is a name.
    let allowed: Vec<&str> = rest.split('`').skip(1).step_by(2).collect();
    if allowed.is_empty() {
        return Some(format!("unknown {noun} `{name}`; none is allowed here"));
    }
    let near = did_you_mean(name, &allowed);
    Some(format!("unknown {noun} `{name}`{near}; allowed: {}", allowed.join(", ")))
}

/// ``invalid type: string "x", expected usize``.
fn mismatch(message: &str) -> Option<String> {
    let rest = message.strip_prefix("invalid type: ").or_else(|| message.strip_prefix("invalid value: "))?;
    let (came, wanted) = rest.rsplit_once(", expected ")?;
    Some(format!("wanted {}; this is {}", spoken_type(wanted), spoken_value(came)))
}

/// ``missing field `x` ``.
fn missing(message: &str) -> Option<String> {
    let name = message.strip_prefix("missing field `")?.strip_suffix('`')?;
    Some(format!("the key `{name}` is missing"))
}

fn spoken_type(wanted: &str) -> String {
    match wanted {
        "usize" | "u64" => "a whole number, 0 or more".into(),
        "u8" => format!("a whole number from 0 to {}", u8::MAX),
        "u16" => format!("a whole number from 0 to {}", u16::MAX),
        "u32" => format!("a whole number from 0 to {}", u32::MAX),
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number".into(),
        "f32" | "f64" => "a number".into(),
        "a boolean" => "true or false".into(),
        "a string" => "text".into(),
        "a sequence" => "a list".into(),
        other if other.starts_with("struct ") => "a map".into(),
        other => other.into(),
    }
}

fn spoken_value(came: &str) -> String {
    let bare = |prefix: &str| came.strip_prefix(prefix).map(|value| value.trim_matches('`'));
    if let Some(number) = bare("integer ").or_else(|| bare("floating point ")) {
        return format!("the number {number}");
    }
    if let Some(text) = came.strip_prefix("string ") {
        return format!("the text {text}");
    }
    match came {
        "map" => "a map".into(),
        "sequence" => "a list".into(),
        "unit value" => "null".into(),
        _ => bare("boolean ").map_or_else(|| came.into(), Into::into),
    }
}
