//! `α(t) = 1 − t`: in `T` steps, `β_t = 1/(T − t + 1)`, under which a masked token's information falls evenly.
//!
//! Sohl-Dickstein et al. 2015, <https://arxiv.org/abs/1503.03585>; Austin et al. 2021, section 3.1 and Appendix A.7,
//! <https://arxiv.org/abs/2107.03006>; the log-linear schedule of Sahoo et al. 2024, <https://arxiv.org/abs/2406.07524>.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Decay;
use crate::registry::{About, Member};

/// Tokens go at an even rate.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Linear {}

impl Member for Linear {
    const ABOUT: About = About {
        summary: "α = 1 − t: mutual information falls evenly; the schedule for masks",
        paper: "Austin et al. 2021, https://arxiv.org/abs/2107.03006; Sahoo et al. 2024, https://arxiv.org/abs/2406.07524",
    };
}

impl Decay for Linear {
    fn alpha(&self, t: f64) -> f64 {
        1.0 - t
    }

    fn derivative(&self, _t: f64) -> f64 {
        -1.0
    }
}
