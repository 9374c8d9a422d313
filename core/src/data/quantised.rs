//! Numbers as tokens: `i = round((x − low)/(high − low) · (levels − 1))`, so that both ends are levels.
//!
//! Two levels of a picture are black and white; 256 are its bytes.

use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::vocabulary::Vocabulary;
use super::{DataConfig, Dataset, Labels, Source, Split};
use crate::config::check::{under, within};
use crate::registry::{About, Member};
use crate::{Error, Result};

/// Another dataset, its numbers rounded to levels; the shape stays.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Quantised {
    /// The dataset.
    pub data: Box<DataConfig>,
    /// How many levels.
    pub levels: usize,
    /// The lowest and the highest; what lies beyond is taken for them.
    pub range: [f64; 2],
}

impl Default for Quantised {
    /// Binarised digits.
    fn default() -> Self {
        let data = Box::new(DataConfig::named("mnist").expect("the default should be registered"));
        Self { data, levels: 2, range: [-1.0, 1.0] }
    }
}

impl Member for Quantised {
    const ABOUT: About =
        About { summary: "Another dataset with its numbers rounded to levels, as tokens", paper: "-" };
}

impl Source for Quantised {
    fn open(&self, path: Option<&Path>, split: Split) -> Result<Box<dyn Dataset>> {
        within("levels", self.levels as f64, 2.0, 65_536.0)?;
        let [low, high] = self.range;
        if !low.is_finite() || !high.is_finite() || high <= low {
            return Err(Error::config(
                "range",
                format!("wanted low < high, finite; this is [{low}, {high}]"),
            ));
        }
        let data = under("data", self.data.open(path, split))?;
        if let Some(tokens) = data.vocabulary() {
            return Err(Error::config(
                "data",
                format!("these are tokens already ({tokens}); take them as they are"),
            ));
        }
        let vocabulary = Vocabulary::Levels { count: self.levels, range: self.range };
        Ok(Box::new(Rounded { data, vocabulary }))
    }

    fn shape(&self) -> Option<Vec<usize>> {
        self.data.shape()
    }
}

struct Rounded {
    data: Box<dyn Dataset>,
    vocabulary: Vocabulary,
}

impl Dataset for Rounded {
    fn shape(&self) -> &[usize] {
        self.data.shape()
    }

    fn len(&self) -> Option<usize> {
        self.data.len()
    }

    fn classes(&self) -> &[String] {
        self.data.classes()
    }

    fn attributes(&self) -> &[&'static str] {
        self.data.attributes()
    }

    fn factors(&self) -> Vec<&'static str> {
        self.data.factors()
    }

    fn factors_of(&self, labels: &Labels) -> Vec<f32> {
        self.data.factors_of(labels)
    }

    fn vocabulary(&self) -> Option<&Vocabulary> {
        Some(&self.vocabulary)
    }

    fn read(&self, index: u64, out: &mut [f32]) -> Labels {
        let labels = self.data.read(index, out);
        out.copy_from_slice(&self.vocabulary.tokens(out).expect("levels should have numbers"));
        labels
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(data: &str, levels: usize, range: [f64; 2]) -> Quantised {
        Quantised { data: Box::new(DataConfig::named(data).unwrap()), levels, range }
    }

    #[test]
    fn a_number_is_at_most_half_a_level_from_its_token_and_shape_and_classes_stay() {
        let plain = DataConfig::named("shapes").unwrap().open(None, Split::Test).unwrap();
        for levels in [2, 5, 256] {
            let tokens = of("shapes", levels, [-1.0, 1.0]).open(None, Split::Test).unwrap();
            assert_eq!((tokens.shape(), tokens.classes()), (plain.shape(), plain.classes()));
            let (mut x, mut y) = (vec![0.0; 3 * 32 * 32], vec![0.0; 3 * 32 * 32]);
            assert_eq!(plain.read(3, &mut x), tokens.read(3, &mut y));
            assert!(y.iter().all(|token| token.fract() == 0.0 && (0.0..levels as f32).contains(token)));
            let back = tokens.vocabulary().unwrap().numbers(&y).unwrap();
            let half = 1.0 / (levels - 1) as f32 + 1e-6;
            assert!(x.iter().zip(&back).all(|(x, y)| (x - y).abs() <= half), "{levels}");
        }
    }

    #[test]
    fn a_model_of_numbers_may_learn_of_tokens_and_one_of_tokens_of_no_others() {
        let tokens = of("moons", 4, [-1.0, 1.0]);
        assert!(tokens.open_in(None, Split::Test, None).is_ok());
        let own = Vocabulary::Levels { count: 4, range: [-1.0, 1.0] };
        assert!(tokens.open_in(None, Split::Test, Some(&own)).is_ok());
        let refusal = |data: &dyn Source, vocabulary| {
            data.open_in(None, Split::Test, Some(vocabulary)).err().expect("should be refused").to_string()
        };
        assert!(refusal(&tokens, &Vocabulary::Bytes).contains("the data are tokens, 4 levels from -1 to 1"));
        assert!(
            refusal(&**tokens.data, &own).contains("the data are numbers, the model's are tokens, 4 levels")
        );
    }

    #[test]
    fn what_cannot_be_levels_is_refused() {
        let refusal =
            |config: Quantised| config.open(None, Split::Train).err().expect("should be refused").to_string();
        assert!(refusal(of("moons", 1, [-1.0, 1.0])).contains("`levels`"));
        assert!(refusal(of("moons", 4, [1.0, 1.0])).contains("`range`: wanted low < high"));
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), [b'a'; 4000]).unwrap();
        let error =
            of("text", 4, [-1.0, 1.0]).open(Some(file.path()), Split::Train).err().unwrap().to_string();
        assert!(error.contains("tokens already (1 characters)"), "{error}");
    }
}
