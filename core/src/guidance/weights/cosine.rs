//! `1 − cos π u`: rising from noise (`u` = 0) to data (`u` = 1), slowly at both ends.
//!
//! Wang et al. 2024, section 4 ("cosine"), <https://arxiv.org/abs/2404.13040>.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Weight;
use crate::registry::{About, Member};

/// `1 − cos π u`: rising from noise (`u` = 0) to data (`u` = 1), slowly at both ends.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Cosine {}

impl Member for Cosine {
    const ABOUT: About = About {
        summary: "Rising from noise to data, slowly at both ends",
        paper: "Wang et al. 2024, https://arxiv.org/abs/2404.13040",
    };
}

impl Weight for Cosine {
    fn weight(&self, progress: f64) -> f64 {
        1.0 - (std::f64::consts::PI * progress).cos()
    }
}
