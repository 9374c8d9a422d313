//! What tokens stand for: characters, bytes, or the levels of a number.
//!
//! A row of tokens is a row of numbers like any other, `[length]`, each an index into the vocabulary.

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// Stands for a token that is not decided yet.
const HIDDEN: char = '▒';
/// How much of a vocabulary a message shows.
const SHOWN: usize = 80;

/// The tokens of data, or of a model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Vocabulary {
    /// Token `i` is the `i`-th of these characters.
    Characters(String),
    /// Token `i` is the byte `i`; text is UTF-8.
    Bytes,
    /// Token `i` is the number `low + i (high − low)/(count − 1)`.
    Levels {
        /// How many.
        count: usize,
        /// The lowest and the highest.
        range: [f64; 2],
    },
}

impl Vocabulary {
    /// The characters of a text, sorted.
    pub fn of(text: &str) -> Self {
        let all: std::collections::BTreeSet<char> = text.chars().collect();
        Self::Characters(all.into_iter().collect())
    }

    /// How many tokens there are.
    pub fn size(&self) -> usize {
        match self {
            Self::Characters(all) => all.chars().count(),
            Self::Bytes => 256,
            Self::Levels { count, .. } => *count,
        }
    }

    /// The text that a row of tokens stands for; `None` where they are no text. What is no token is shown as `▒`.
    pub fn text(&self, tokens: &[f32]) -> Option<String> {
        let index = |token: &f32| token.round() as usize;
        match self {
            Self::Characters(all) => {
                let all: Vec<char> = all.chars().collect();
                Some(tokens.iter().map(|token| all.get(index(token)).copied().unwrap_or(HIDDEN)).collect())
            }
            Self::Bytes => {
                let mut bytes = Vec::with_capacity(tokens.len());
                for token in tokens {
                    match u8::try_from(index(token)) {
                        Ok(byte) => bytes.push(byte),
                        Err(_) => bytes.extend(HIDDEN.to_string().bytes()),
                    }
                }
                Some(String::from_utf8_lossy(&bytes).into_owned())
            }
            Self::Levels { .. } => None,
        }
    }

    /// The numbers that tokens stand for; `None` where they are text. What is no token is the middle.
    pub fn numbers(&self, tokens: &[f32]) -> Option<Vec<f32>> {
        let Self::Levels { count, range: [low, high] } = self else { return None };
        let number = |token: &f32| {
            let level = token.round();
            if level as usize >= *count {
                return 0.5 * (low + high);
            }
            low + f64::from(level) * (high - low) / (count.saturating_sub(1).max(1)) as f64
        };
        Some(tokens.iter().map(|token| number(token) as f32).collect())
    }

    /// The tokens of the levels nearest to these numbers, those beyond the ends being the ends; `None` where tokens are text.
    pub fn tokens(&self, numbers: &[f32]) -> Option<Vec<f32>> {
        let Self::Levels { count, range: [low, high] } = self else { return None };
        let top = count.saturating_sub(1) as f64;
        let level =
            |number: &f32| libm::round((f64::from(*number) - low) / (high - low) * top).clamp(0.0, top);
        Some(numbers.iter().map(|number| level(number) as f32).collect())
    }

    /// The tokens of a text; `name` is what errors call it, with the line and the column of what is no token.
    pub fn encode(&self, name: &str, bytes: &[u8]) -> Result<Vec<u32>> {
        match self {
            Self::Bytes => Ok(bytes.iter().map(|byte| u32::from(*byte)).collect()),
            Self::Characters(all) => {
                let known: BTreeMap<char, u32> = all.chars().zip(0..).collect();
                let (mut line, mut column) = (1_usize, 0_usize);
                let mut tokens = Vec::with_capacity(bytes.len());
                for character in utf8(name, bytes)?.chars() {
                    column += 1;
                    let token =
                        known.get(&character).ok_or_else(|| stray(name, all, character, [line, column]))?;
                    tokens.push(*token);
                    if character == '\n' {
                        (line, column) = (line + 1, 0);
                    }
                }
                Ok(tokens)
            }
            Self::Levels { .. } => Err(Error::format(name, format!("this is text; the tokens are {self}"))),
        }
    }
}

impl fmt::Display for Vocabulary {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::Characters(_) => write!(f, "{} characters", self.size()),
            Self::Bytes => write!(f, "bytes"),
            Self::Levels { count, range: [low, high] } => write!(f, "{count} levels from {low} to {high}"),
        }
    }
}

fn stray(name: &str, all: &str, character: char, [line, column]: [usize; 2]) -> Error {
    let shown: String = all.chars().take(SHOWN).collect();
    let more = if all.chars().count() > SHOWN { ", ..." } else { "" };
    let message = format!("{character:?} is not in the vocabulary, which is {shown:?}{more}");
    Error::format(name, format!("line {line}, column {column}: {message}"))
}

/// The text of a file, or where it is none.
pub fn utf8<'a>(name: &str, bytes: &'a [u8]) -> Result<&'a str> {
    std::str::from_utf8(bytes).map_err(|error| {
        let offset = error.valid_up_to();
        let line = bytes[..offset].split(|byte| *byte == b'\n').count();
        Error::format(
            name,
            format!(
                "not UTF-8: byte {:#04x} at offset {offset}, line {line}; convert the file, or read it as bytes",
                bytes[offset]
            ),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn floats(tokens: &[u32]) -> Vec<f32> {
        tokens.iter().map(|token| *token as f32).collect()
    }

    #[test]
    fn a_text_comes_back_from_its_tokens() {
        let text = "né à\nParis, 100 €";
        for vocabulary in [Vocabulary::of(text), Vocabulary::Bytes] {
            let tokens = vocabulary.encode("x", text.as_bytes()).unwrap();
            assert!(tokens.iter().all(|token| (*token as usize) < vocabulary.size()));
            assert_eq!(vocabulary.text(&floats(&tokens)).unwrap(), text);
            let hidden = vocabulary.text(&[vocabulary.size() as f32]).unwrap();
            assert_eq!(hidden, "▒");
        }
        assert_eq!(Vocabulary::of("banana"), Vocabulary::Characters("abn".into()));
    }

    #[test]
    fn levels_are_evenly_spaced_and_both_ends_are_levels() {
        let levels = Vocabulary::Levels { count: 5, range: [-1.0, 3.0] };
        assert_eq!(levels.numbers(&[0.0, 1.0, 4.0, 5.0]).unwrap(), [-1.0, 0.0, 3.0, 1.0]);
        assert!(levels.text(&[0.0]).is_none() && Vocabulary::Bytes.numbers(&[0.0]).is_none());
        assert_eq!(levels.tokens(&[-9.0, -1.0, 0.4, 0.6, 3.0, 9.0]).unwrap(), [0.0, 0.0, 1.0, 2.0, 4.0, 4.0]);
        assert!(Vocabulary::Bytes.tokens(&[0.0]).is_none());
    }

    #[test]
    fn what_is_no_token_is_told_with_its_place() {
        let known = Vocabulary::of("ab\n");
        let error = known.encode("x.txt", "ab\nac".as_bytes()).unwrap_err().to_string();
        assert!(error.starts_with("x.txt: line 2, column 2: 'c' is not in the vocabulary"), "{error}");
        let error = known.encode("x.txt", b"a\n\xff").unwrap_err().to_string();
        assert!(error.contains("not UTF-8: byte 0xff at offset 2, line 2"), "{error}");
    }
}
