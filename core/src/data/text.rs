//! Text: a file cut into windows of tokens, characters or bytes.
//!
//! A training window may begin anywhere, so that a model learns no boundary; those of the test set lie side by side, so that each
//! token is judged once. The test set is the file's end.

use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::vocabulary::{Vocabulary, utf8};
use super::{Dataset, Labels, Source, Split, required};
use crate::config::check::{at_least, between};
use crate::registry::{About, Member};
use crate::{Error, Result, files};

/// A UTF-8 text, from the file that `--data` names.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Text {
    /// Tokens of a window.
    pub length: usize,
    /// What a token is.
    pub vocabulary: Unit,
    /// Share of the file, at its end, that is the test set.
    pub test_fraction: f64,
}

/// What a token of a text is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// A character; those that the file holds are the vocabulary.
    #[default]
    Characters,
    /// A byte: any file, 256 tokens.
    Bytes,
}

impl Default for Text {
    fn default() -> Self {
        Self { length: 128, vocabulary: Unit::Characters, test_fraction: 0.1 }
    }
}

impl Member for Text {
    const ABOUT: About =
        About { summary: "A text, in windows of characters or bytes (any UTF-8 file)", paper: "-" };
}

impl Source for Text {
    fn open(&self, path: Option<&Path>, split: Split) -> Result<Box<dyn Dataset>> {
        self.open_in(path, split, None)
    }

    fn open_in(
        &self,
        path: Option<&Path>,
        split: Split,
        vocabulary: Option<&Vocabulary>,
    ) -> Result<Box<dyn Dataset>> {
        at_least("length", self.length, 1)?;
        between("test_fraction", self.test_fraction, 0.0, 1.0)?;
        let path = required(path, "text", "a text file")?;
        let (name, bytes) = (path.display().to_string(), files::read(path)?);
        if bytes.is_empty() {
            return Err(Error::format(name, "the file is empty; expected text"));
        }
        let vocabulary = match (vocabulary, self.vocabulary) {
            (Some(known), _) => known.clone(),
            (None, Unit::Characters) => Vocabulary::of(utf8(&name, &bytes)?),
            (None, Unit::Bytes) => Vocabulary::Bytes,
        };
        let tokens = self.part(&name, vocabulary.encode(&name, &bytes)?, split)?;
        let stride = if split == Split::Train { 1 } else { self.length };
        Ok(Box::new(Windows { tokens, shape: [self.length], stride, vocabulary }))
    }

    fn shape(&self) -> Option<Vec<usize>> {
        Some(vec![self.length])
    }
}

impl Text {
    /// The tokens of this part.
    fn part(&self, name: &str, mut tokens: Vec<u32>, split: Split) -> Result<Vec<u32>> {
        let all = tokens.len();
        let cut = all - libm::round(all as f64 * self.test_fraction) as usize;
        let part = match split {
            Split::Train => {
                tokens.truncate(cut);
                tokens
            }
            Split::Test => tokens.split_off(cut),
        };
        if part.len() >= self.length {
            return Ok(part);
        }
        Err(Error::format(
            name,
            format!(
                "too short: it holds {all} tokens, {} of them for the {} set, and one window takes {}; give a longer file, \
                 lower data.length or change data.test_fraction",
                part.len(),
                split.name(),
                self.length
            ),
        ))
    }
}

struct Windows {
    tokens: Vec<u32>,
    shape: [usize; 1],
    stride: usize,
    vocabulary: Vocabulary,
}

impl Dataset for Windows {
    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn len(&self) -> Option<usize> {
        Some((self.tokens.len() - self.shape[0]) / self.stride + 1)
    }

    fn vocabulary(&self) -> Option<&Vocabulary> {
        Some(&self.vocabulary)
    }

    fn read(&self, index: u64, out: &mut [f32]) -> Labels {
        let first = index as usize * self.stride;
        for (slot, token) in out.iter_mut().zip(&self.tokens[first..first + self.shape[0]]) {
            *slot = *token as f32;
        }
        Labels::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::tests::shared;

    fn file(bytes: &[u8]) -> tempfile::NamedTempFile {
        let file = tempfile::Builder::new().suffix(".txt").tempfile().unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        file
    }

    fn windows(data: &dyn Dataset) -> Vec<String> {
        let read = |index| {
            let mut x = vec![0.0; data.shape()[0]];
            data.read(index as u64, &mut x);
            data.vocabulary().unwrap().text(&x).unwrap()
        };
        (0..data.len().unwrap()).map(read).collect()
    }

    #[test]
    fn training_windows_begin_anywhere_and_test_windows_lie_side_by_side_in_the_rest() {
        let file = file(b"abcdefghijklmnopqrst");
        let text = Text { length: 4, test_fraction: 0.5, ..Text::default() };
        let open = |split| text.open(Some(file.path()), split).unwrap();
        assert_eq!(windows(&*open(Split::Train)), ["abcd", "bcde", "cdef", "defg", "efgh", "fghi", "ghij"]);
        assert_eq!(windows(&*open(Split::Test)), ["klmn", "opqr"]);
    }

    #[test]
    fn a_model_reads_other_files_in_its_own_tokens() {
        let (file, known) = (file(b"baabbaab"), Vocabulary::of("xyzab"));
        let text = Text { length: 2, test_fraction: 0.5, ..Text::default() };
        let data = text.open_in(Some(file.path()), Split::Test, Some(&known)).unwrap();
        assert_eq!((data.vocabulary(), windows(&*data)), (Some(&known), vec!["ba".into(), "ab".into()]));
        let error = text.open_in(Some(file.path()), Split::Test, Some(&Vocabulary::of("ax"))).err().unwrap();
        assert!(error.to_string().contains("line 1, column 1: 'b' is not in the vocabulary"), "{error}");
    }

    #[test]
    fn files_that_are_no_text_are_refused_with_the_remedy() {
        let text = Text { length: 8, ..Text::default() };
        let refusal = |bytes: &[u8]| {
            let error = text.open(Some(file(bytes).path()), Split::Test).err().expect("should be refused");
            error.to_string()
        };
        assert!(refusal(b"").contains(".txt: the file is empty"), "{}", refusal(b""));
        let short = refusal(&[b'a'; 30]);
        assert!(
            short.contains("holds 30 tokens, 3 of them for the test set, and one window takes 8"),
            "{short}"
        );
        let binary = refusal(b"abc\n\xff\xfe");
        assert!(binary.contains("not UTF-8: byte 0xff at offset 4, line 2"), "{binary}");
        let bytes = Text { length: 1, vocabulary: Unit::Bytes, ..Text::default() };
        assert!(bytes.open(Some(file(&[0xff; 20]).path()), Split::Test).is_ok(), "bytes are any file's");
        let absent = text.open(None, Split::Train).err().unwrap().to_string();
        assert!(absent.contains("--data PATH"), "{absent}");
    }

    #[test]
    fn tiny_shakespeare_has_65_characters() {
        let Some(path) = shared("data/tinyshakespeare/input.txt") else { return };
        let data = Text::default().open(Some(&path), Split::Train).unwrap();
        assert_eq!(data.vocabulary().map(Vocabulary::size), Some(65));
        // 1,115,394 characters, nine tenths of them for training.
        assert_eq!(data.len(), Some(1_115_394 - 111_539 - 127));
        assert!(windows(&*Text::default().open(Some(&path), Split::Test).unwrap())[0].chars().count() == 128);
    }
}
