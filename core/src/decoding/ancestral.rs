//! Ancestral decoding: each token is drawn from `p(x_s|x_t)`, by itself.
//!
//! Austin et al. 2021, section 3, <https://arxiv.org/abs/2107.03006>; Sahoo et al. 2024, Eq. 7, <https://arxiv.org/abs/2406.07524>. Tokens that are
//! decided in the same step do not know of each other: more steps come nearer to the data.

use burn::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Decoder, Moment};
use crate::registry::{About, Member};

/// Every token drawn at every step.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Ancestral {}

impl Member for Ancestral {
    const ABOUT: About = About {
        summary: "Each token drawn from p(x_s|x_t), as the process says",
        paper: "Austin et al. 2021, https://arxiv.org/abs/2107.03006; Sahoo et al. 2024, https://arxiv.org/abs/2406.07524",
    };
}

impl Decoder for Ancestral {
    fn step(&self, moment: &Moment) -> Tensor<2> {
        moment.drawn(0, (moment.reverse)(moment.log_x0.clone()))
    }
}
