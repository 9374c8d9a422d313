//! JSON as Python writes it: it knows numbers that JSON has no word for, `NaN`, `Infinity` and `-Infinity`. Here they are texts, which
//! a field that stands for no bound understands, and any other refuses.

/// The same in JSON.
pub(super) fn plain(text: &str) -> String {
    let (mut plain, mut rest) = (String::with_capacity(text.len()), text);
    while !rest.is_empty() {
        let (outside, after) = rest.split_at(rest.find('"').unwrap_or(rest.len()));
        let (inside, after) = after.split_at(string(after));
        plain += &quoted(outside);
        plain += inside;
        rest = after;
    }
    plain
}

/// Python's words in quotes.
fn quoted(outside: &str) -> String {
    let words = outside.replace("NaN", r#""NaN""#).replace("Infinity", r#""Infinity""#);
    words.replace(r#"-"Infinity""#, r#""-Infinity""#)
}

/// How many bytes the string has with which `text` begins, with its quotes.
fn string(text: &str) -> usize {
    let mut escaped = false;
    let ends = |(_, c): &(usize, char)| {
        let ends = *c == '"' && !escaped;
        escaped = *c == '\\' && !escaped;
        ends
    };
    text.char_indices().skip(1).find(ends).map_or(text.len(), |(last, _)| last + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_json_does_not_know_are_texts() {
        let of = |text: &str| serde_json::from_str::<serde_json::Value>(&plain(text)).expect("JSON");
        let written = r#"{"a": -Infinity, "b": [NaN, Infinity], "c": -1.5}"#;
        assert_eq!(of(written), serde_json::json!({ "a": "-Infinity", "b": ["NaN", "Infinity"], "c": -1.5 }));
    }

    #[test]
    fn what_is_a_text_stays_as_it_is() {
        for text in
            [r#"{"σ NaN": "x\\", "y": "\"-Infinity, NaN"}"#, r#""\\\" Infinity""#, r#""not ended NaN"#, ""]
        {
            assert_eq!(plain(text), text);
        }
    }
}
