//! `2u`: rising evenly from noise (`u` = 0) to data (`u` = 1).
//!
//! Wang et al. 2024, section 4 ("linear"), <https://arxiv.org/abs/2404.13040>.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Weight;
use crate::registry::{About, Member};

/// `2u`: rising evenly from noise (`u` = 0) to data (`u` = 1).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Linear {}

impl Member for Linear {
    const ABOUT: About = About {
        summary: "Rising evenly from noise to data",
        paper: "Wang et al. 2024, https://arxiv.org/abs/2404.13040",
    };
}

impl Weight for Linear {
    fn weight(&self, progress: f64) -> f64 {
        2.0 * progress
    }
}
