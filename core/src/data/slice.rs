//! Part of another dataset: examples by their numbers, for what is learnt from and what is judged with.

use std::ops::Range;
use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{DataConfig, Dataset, Labels, Source, Split, Vocabulary};
use crate::config::check::under;
use crate::registry::{About, Member};
use crate::{Error, Result};

/// Part of another dataset.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Slice {
    /// The dataset.
    pub of: Box<DataConfig>,
    /// Which of its parts both are cut from.
    pub part: Split,
    /// The first example that is learnt from, and the first after the last.
    pub train: [u64; 2],
    /// The same of what is judged with.
    pub test: [u64; 2],
}

impl Default for Slice {
    fn default() -> Self {
        let of = DataConfig::named("moons").expect("the default should be registered");
        Self { of: Box::new(of), part: Split::Train, train: [0, 1000], test: [1000, 2000] }
    }
}

impl Member for Slice {
    const ABOUT: About =
        About { summary: "Part of another dataset, by the numbers of its examples", paper: "-" };
}

impl Source for Slice {
    fn open(&self, path: Option<&Path>, split: Split) -> Result<Box<dyn Dataset>> {
        let whole = under("of", self.of.open(path, self.part))?;
        let (key, [from, to]) = match split {
            Split::Train => ("train", self.train),
            Split::Test => ("test", self.test),
        };
        let last = whole.len().map_or(u64::MAX, |length| length as u64);
        if from >= to || to > last {
            let there = whole.len().map_or("without end".to_owned(), |length| format!("0 to {length}"));
            let message = format!(
                "wanted [first, end] of examples, first below end; there are {there}; this is [{from}, {to}]"
            );
            return Err(Error::config(key, message));
        }
        Ok(Box::new(Part { whole, range: from..to }))
    }

    fn shape(&self) -> Option<Vec<usize>> {
        self.of.shape()
    }
}

struct Part {
    whole: Box<dyn Dataset>,
    range: Range<u64>,
}

impl Dataset for Part {
    fn shape(&self) -> &[usize] {
        self.whole.shape()
    }
    fn len(&self) -> Option<usize> {
        Some((self.range.end - self.range.start) as usize)
    }
    fn classes(&self) -> &[String] {
        self.whole.classes()
    }
    fn vocabulary(&self) -> Option<&Vocabulary> {
        self.whole.vocabulary()
    }
    fn attributes(&self) -> &[&'static str] {
        self.whole.attributes()
    }
    fn factors(&self) -> Vec<&'static str> {
        self.whole.factors()
    }
    fn factors_of(&self, labels: &Labels) -> Vec<f32> {
        self.whole.factors_of(labels)
    }
    fn read(&self, index: u64, out: &mut [f32]) -> Labels {
        self.whole.read(self.range.start + index, out)
    }
    fn log_density(&self, x: &[f32]) -> Option<f64> {
        self.whole.log_density(x)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_parts_are_the_examples_that_are_named_and_no_others() {
        let slice = Slice { train: [3, 5], test: [5, 8], ..Slice::default() };
        let whole = slice.of.open(None, Split::Train).expect("moons");
        let example = |data: &dyn Dataset, index| {
            let mut x = [0.0; 2];
            data.read(index, &mut x);
            x
        };
        for (split, first, length) in [(Split::Train, 3, 2), (Split::Test, 5, 3)] {
            let part = slice.open(None, split).expect("a part");
            assert_eq!(part.len(), Some(length));
            (0..length as u64).for_each(|i| assert_eq!(example(&*part, i), example(&*whole, first + i)));
        }
    }

    #[test]
    fn a_range_of_nothing_is_refused_with_its_key() {
        let slice = Slice { test: [8, 8], ..Slice::default() };
        let error = slice.open(None, Split::Test).err().expect("nothing").to_string();
        assert!(error.contains("`test`") && error.contains("[8, 8]"), "{error}");
    }
}
