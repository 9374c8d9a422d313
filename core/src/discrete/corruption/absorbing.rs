//! Absorbing corruption: a token that does not stay is masked, and stays masked. `π` is the mask.
//!
//! ```text
//! p(x_s = k|mask) = (α_s − α_t)/(1 − α_t) p(x_0 = k|x_t),   p(x_s = mask|mask) = (1 − α_s)/(1 − α_t)
//! ```
//!
//! and what is not masked stays (Austin et al. 2021, Appendix A.2.2, <https://arxiv.org/abs/2107.03006>; Sahoo et al. 2024, Eq. 6 and 7,
//! <https://arxiv.org/abs/2406.07524>, "SUBS": no mask is predicted, and what is known is carried over).

use burn::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Corruption, Span, certain};
use crate::registry::{About, Member};

/// Noise is a mask.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Absorbing {}

impl Member for Absorbing {
    const ABOUT: About = About {
        summary: "A token is masked; what is not masked is data",
        paper: "Austin et al. 2021, https://arxiv.org/abs/2107.03006; Sahoo et al. 2024, https://arxiv.org/abs/2406.07524",
    };
}

impl Corruption for Absorbing {
    fn rest(&self, vocabulary: usize) -> Vec<f64> {
        let mut rest = vec![0.0; vocabulary];
        rest.push(1.0);
        rest
    }

    fn mask(&self, vocabulary: usize) -> Option<usize> {
        Some(vocabulary)
    }

    fn draw(&self, uniform: Tensor<2>, vocabulary: usize) -> Tensor<2> {
        uniform.full_like(vocabulary as f64)
    }

    fn reverse(&self, log_x0: Tensor<3>, x_t: &Tensor<2>, span: &Span) -> Tensor<3> {
        let [batch, length, vocabulary] = log_x0.dims();
        let settled = certain(x_t, vocabulary + 1, &log_x0);
        let reveal = span.log(&log_x0, &|t, s| (s - t) / (1.0 - t));
        let keep = span.log(&log_x0, &|t, s| (1.0 - s) / (1.0 - t)).expand([batch, length, 1]);
        let open = Tensor::cat(vec![log_x0 + reveal, keep], 2);
        let masked = x_t.clone().equal_elem(vocabulary as f64).unsqueeze_dim::<3>(2);
        settled.mask_where(masked.expand([batch, length, vocabulary + 1]), open)
    }
}
