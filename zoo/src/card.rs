//! Model cards: where a model comes from, and how good it was measured to be (Mitchell et al. 2019,
//! <https://arxiv.org/abs/1810.03993>).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What is known of a trained model: `card.yaml`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Card {
    /// What it is called in a heading.
    pub title: String,
    /// What it does, in a sentence.
    pub summary: String,
    /// What it has learnt from.
    pub data: String,
    /// The command that trained it.
    pub command: String,
    /// The command that measured it.
    pub evaluate: String,
    /// The seed of the training.
    pub seed: u64,
    /// Steps of the optimizer.
    pub steps: u64,
    /// How long the training took, in words.
    pub time: String,
    /// On what.
    pub hardware: String,
    /// The licence of the weights.
    pub licence: String,
    /// What was measured, by the names that `kiln evaluate --json` gives.
    pub metrics: BTreeMap<String, Measure>,
    /// Where the method comes from.
    pub paper: String,
}

/// Something measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Measure {
    /// A number.
    Number(f64),
    /// Words, such as a number with its spread.
    Text(String),
}

impl std::fmt::Display for Measure {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number(number) => write!(out, "{number}"),
            Self::Text(text) => out.write_str(text),
        }
    }
}
