//! Rust as text: what is comment or literal, what is test, what is declared, what is named.
//!
//! Not a parser: it knows the tokens that could deceive a search for words, and no more.

use std::ops::Range;

/// The text with comments and literals blanked, byte for byte.
pub fn blank(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut hidden = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        match end_of_hidden(bytes, at) {
            Some(end) => {
                hidden.push(at..end);
                at = end;
            }
            None => at += 1,
        }
    }
    hide(text, &hidden)
}

/// The text with those ranges blanked, line breaks kept.
pub fn hide(text: &str, ranges: &[Range<usize>]) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for byte in ranges.iter().cloned().flatten() {
        if bytes[byte] != b'\n' {
            bytes[byte] = b' ';
        }
    }
    String::from_utf8(bytes).expect("tokens should begin and end between characters")
}

/// Where the comment or literal ends that begins at `at`, if one does.
fn end_of_hidden(bytes: &[u8], at: usize) -> Option<usize> {
    let rest = &bytes[at..];
    let length = match rest {
        [b'/', b'/', ..] => rest.iter().position(|&b| b == b'\n').unwrap_or(rest.len()),
        [b'/', b'*', ..] => block_comment(rest),
        [b'"', ..] => 1 + string(&rest[1..]),
        [b'\'', ..] => character(rest)?,
        [b'r', b'"' | b'#', ..] if at == 0 || !in_word(bytes[at - 1]) || bytes[at - 1] == b'b' => {
            raw_string(rest)?
        }
        _ => return None,
    };
    Some(at + length)
}

/// Length of a block comment; they nest.
fn block_comment(rest: &[u8]) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < rest.len() {
        match &rest[at..] {
            [b'/', b'*', ..] => (depth, at) = (depth + 1, at + 2),
            [b'*', b'/', ..] if depth == 1 => return at + 2,
            [b'*', b'/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
    }
    rest.len()
}

/// Length of a string from behind its opening quote, the closing one included.
fn string(rest: &[u8]) -> usize {
    let mut at = 0;
    while at < rest.len() {
        match rest[at] {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    rest.len()
}

/// Length of `r"..."` or `r#"..."#`; none for a raw identifier.
fn raw_string(rest: &[u8]) -> Option<usize> {
    let hashes = rest[1..].iter().take_while(|&&b| b == b'#').count();
    let open = 1 + hashes;
    if rest.get(open) != Some(&b'"') {
        return None;
    }
    let close = [b"\"".as_slice(), &rest[1..open]].concat();
    let body = &rest[open + 1..];
    let end = body.windows(close.len()).position(|window| window == close).unwrap_or(body.len());
    Some((open + 1 + end + close.len()).min(rest.len()))
}

/// Length of a character literal; none for a lifetime.
fn character(rest: &[u8]) -> Option<usize> {
    if rest.get(1) == Some(&b'\\') {
        return rest[3..].iter().position(|&b| b == b'\'').map(|end| end + 4);
    }
    // One character of one to four bytes, then the quote.
    let first = *rest.get(1)?;
    let width = match first {
        0..0x80 => 1,
        0x80..0xE0 => 2,
        0xE0..0xF0 => 3,
        _ => 4,
    };
    (rest.get(1 + width) == Some(&b'\'')).then_some(width + 2)
}

/// The ranges of `code` (blanked) that are compiled for tests only.
pub fn test_ranges(code: &str) -> Vec<Range<usize>> {
    let mut ranges = Vec::new();
    let mut at = 0;
    while let Some(found) = code[at..].find("#[cfg(") {
        let start = at + found;
        let end = closing(code, start + 1);
        let condition = &code[start..end];
        if names(condition, "test") && !condition.contains("not(test") {
            at = end_of_item(code, end);
            ranges.push(start..at);
        } else {
            at = end;
        }
    }
    ranges
}

/// Where the item ends that begins at `at`: behind its `;` or its closing brace.
fn end_of_item(code: &str, at: usize) -> usize {
    match code[at..].find([';', '{']) {
        Some(found) if code.as_bytes()[at + found] == b'{' => closing(code, at + found),
        Some(found) => at + found + 1,
        None => code.len(),
    }
}

/// Behind the bracket that closes the one at `open`.
pub fn closing(code: &str, open: usize) -> usize {
    let mut depth = 0;
    for (at, byte) in code.bytes().enumerate().skip(open) {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' if depth == 1 => return at + 1,
            b')' | b']' | b'}' => depth -= 1,
            _ => {}
        }
    }
    code.len()
}

/// The modules that `code` declares in files of their own, in its order.
pub fn declared(code: &str) -> Vec<&str> {
    code.split(';')
        .filter_map(|piece| {
            let mut words = piece.split_whitespace().rev();
            let name = words.next()?;
            (words.next() == Some("mod")).then_some(name)
        })
        .collect()
}

/// What stands behind `crate::`, the first segment only; groups in braces give several.
/// A macro's `$crate::` does not count: it is used where the macro is, not where it stands.
pub fn used_of_crate(code: &str) -> Vec<&str> {
    let mut used = Vec::new();
    for (at, found) in code.match_indices("crate::") {
        let before = code[..at].bytes().next_back();
        if before.is_some_and(|b| b == b'$' || in_word(b)) {
            continue;
        }
        let behind = at + found.len();
        if code[behind..].starts_with('{') {
            used.extend(group(&code[behind + 1..closing(code, behind) - 1]));
        } else {
            used.push(first_word(&code[behind..]));
        }
    }
    used
}

/// The first segments of what a group in braces lists.
fn group(inner: &str) -> Vec<&str> {
    let mut depth = 0;
    inner
        .split(|c| {
            depth += i32::from(c == '{') - i32::from(c == '}');
            c == ',' && depth == 0
        })
        .map(|piece| first_word(piece.trim()))
        .filter(|word| !word.is_empty())
        .collect()
}

/// The identifier with which `code` begins.
pub fn first_word(code: &str) -> &str {
    let end = code.bytes().position(|b| !in_word(b)).unwrap_or(code.len());
    &code[..end]
}

/// Whether `word` stands in `code` as a whole word.
pub fn names(code: &str, word: &str) -> bool {
    code.match_indices(word).any(|(at, _)| {
        let before = code[..at].bytes().next_back();
        let behind = code[at + word.len()..].bytes().next();
        !before.is_some_and(in_word) && !behind.is_some_and(in_word)
    })
}

fn in_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_literals_are_blanked_and_nothing_else() {
        let text = "a // x\nb /* y /* z */ */ c \"q\\\"//\" d 'e' '\\'' f<'g> r#\"h\"i\"# br\"j\" r#k 'é' l";
        let words: Vec<String> = blank(text).split_whitespace().map(String::from).collect();
        assert_eq!(words, ["a", "b", "c", "d", "f<'g>", "b", "r#k", "l"]);
        assert_eq!(blank(text).len(), text.len());
    }

    #[test]
    fn what_is_compiled_for_tests_only_is_found() {
        let code = "mod a; #[cfg(test)] mod b; #[cfg(not(test))] mod c; #[cfg(all(test, x))] mod d { mod e; } mod f;";
        assert_eq!(declared(&hide(code, &test_ranges(code))), ["a", "c", "f"]);
        assert_eq!(declared(code), ["a", "b", "c", "e", "f"]);
    }

    #[test]
    fn paths_from_the_root_are_found_in_groups_too() {
        let code = "use crate::{Error, a::{b, c}, d}; $crate::e::f(); crate::g::h; my_crate::i";
        assert_eq!(used_of_crate(code), ["Error", "a", "d", "g"]);
    }

    #[test]
    fn words_are_whole() {
        assert!(names("use wgpu::Device", "wgpu"));
        assert!(!names("Device::wgpu_options()", "wgpu"));
    }
}
