//! `1`: the same at every noise level.
//!
//! Ho and Salimans 2022, <https://arxiv.org/abs/2207.12598>.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Weight;
use crate::registry::{About, Member};

/// `1`: the same at every noise level.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Constant {}

impl Member for Constant {
    const ABOUT: About = About {
        summary: "The same at every noise level",
        paper: "Ho and Salimans 2022, https://arxiv.org/abs/2207.12598",
    };
}

impl Weight for Constant {
    fn weight(&self, _progress: f64) -> f64 {
        1.0
    }
}
