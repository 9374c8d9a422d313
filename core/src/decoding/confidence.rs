//! Confidence decoding: all masked tokens are drawn, and those that the model is surest of are kept.
//!
//! ```text
//! x̂_i ~ p(x_0|x),   c_i = ln p(x̂_i|x) + r · ahead · gumbel,   the tokens of the largest c stay, n are masked again
//! n = round(m (1 − α_s)/(1 − α)),   m masked at the start of the walk, at α
//! ```
//!
//! Chang et al. 2022 (MaskGIT), section 3.2, <https://arxiv.org/abs/2202.04200>, with its implementation's annealed noise (`r = 4.5`). It is
//! surer than the data: good looks, less variety.

use burn::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Decoder, Moment, cut};
use crate::Result;
use crate::config::check::not_negative;
use crate::registry::{About, Member};

/// The surest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Confidence {
    /// `r`: how much chance there is in the order; it fades on the way.
    pub randomness: f64,
}

impl Default for Confidence {
    fn default() -> Self {
        Self { randomness: 4.5 }
    }
}

impl Member for Confidence {
    const ABOUT: About = About {
        summary: "The tokens that the model is surest of first, for masked models",
        paper: "Chang et al. 2022, https://arxiv.org/abs/2202.04200",
    };
}

impl Decoder for Confidence {
    fn check(&self) -> Result<()> {
        not_negative("randomness", self.randomness)
    }

    fn wants_mask(&self) -> bool {
        true
    }

    fn step(&self, moment: &Moment) -> Tensor<2> {
        let mask = moment.mask.expect("a decoder that wants a mask should only be given one") as f64;
        let [batch, length, _] = moment.log_x0.dims();
        let masked = moment.x.clone().equal_elem(mask);
        let drawn = moment.drawn(0, moment.log_x0.clone());
        let sure = moment.log_x0.clone().gather(2, drawn.clone().int().unsqueeze_dim::<3>(2));
        let chance = moment.gumbel(1) * (self.randomness * moment.ahead);
        let sure = (sure.reshape([batch, length]) + chance).reshape([batch, 1, length]);
        // What is known is surer than anything else.
        let top = sure.clone().max_dim(2) + 1.0;
        let known = masked.clone().bool_not().reshape([batch, 1, length]);
        let sure = sure.mask_where(known, top.clone().expand([batch, 1, length]));
        let ones = sure.ones_like();
        let open =
            moment.open.clone().expect("where there is a mask there should be a number of masked tokens");
        let wanted = (open.neg() + length as f64).reshape([batch, 1, 1]);
        // Where none is to stay, the surest is not either.
        let least = cut(&sure, &ones, &wanted).mask_where(wanted.lower_elem(0.5), top);
        let least = least.expand([batch, 1, length]);
        let later = sure.lower(least).reshape([batch, length]);
        moment.x.clone().mask_where(masked, drawn).mask_fill(later, mask)
    }
}
