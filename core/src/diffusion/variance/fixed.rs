//! Nothing is learnt: the sampler's steps have the variance that the sampler says.
//!
//! Ho et al. 2020, section 3.2, <https://arxiv.org/abs/2006.11239>.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Variance;
use crate::registry::{About, Member};

/// The sampler's business.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Fixed {}

impl Member for Fixed {
    const ABOUT: About = About {
        summary: "Only the mean is learnt",
        paper: "Ho et al. 2020, section 3.2, https://arxiv.org/abs/2006.11239",
    };
}

impl Variance for Fixed {}
