//! Uniform corruption: a token that does not stay becomes any token, `π = 1/K`.
//!
//! ```text
//! w_k = p(x_0 = k|x_t) / q(x_t|x_0 = k),   p(x_s = k|x_t) = [a δ + (1 − a)/K] · [α_s w_k + (1 − α_s)/K Σ w],   a = α_t/α_s
//! ```
//!
//! Hoogeboom et al. 2021, Eq. 12 to 15, <https://arxiv.org/abs/2102.05379>; Austin et al. 2021, Appendix A.2.1,
//! <https://arxiv.org/abs/2107.03006>. `δ` is 1 where `k = x_t`.

use burn::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Corruption, Span, places};
use crate::distributions::special::log_sum_exp;
use crate::registry::{About, Member};

/// Noise is other tokens.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Uniform {}

impl Member for Uniform {
    const ABOUT: About = About {
        summary: "A token becomes any other, all alike; mistakes can be mended",
        paper: "Hoogeboom et al. 2021, https://arxiv.org/abs/2102.05379; Austin et al. 2021, https://arxiv.org/abs/2107.03006",
    };
}

impl Corruption for Uniform {
    fn rest(&self, vocabulary: usize) -> Vec<f64> {
        vec![1.0 / vocabulary as f64; vocabulary]
    }

    fn draw(&self, uniform: Tensor<2>, vocabulary: usize) -> Tensor<2> {
        (uniform * vocabulary as f64).floor().clamp(0.0, (vocabulary - 1) as f64)
    }

    fn evidence(&self, x_t: &Tensor<2>, alphas: &[f64], like: &Tensor<3>) -> Option<Tensor<3>> {
        let k = like.dims()[2] as f64;
        let span = Span { from: alphas.to_vec(), to: alphas.to_vec() };
        let same = span.log(like, &|t, _| t + (1.0 - t) / k);
        let other = span.log(like, &|t, _| (1.0 - t) / k);
        Some(pick(x_t, same, other, like.dims()))
    }

    fn reverse(&self, log_x0: Tensor<3>, x_t: &Tensor<2>, span: &Span) -> Tensor<3> {
        let dims = log_x0.dims();
        let k = dims[2] as f64;
        let column = |f: &dyn Fn(f64, f64) -> f64| span.log(&log_x0, f);
        let likelihood = pick(x_t, column(&|t, _| t + (1.0 - t) / k), column(&|t, _| (1.0 - t) / k), dims);
        let stay =
            pick(x_t, column(&|t, s| t / s + (1.0 - t / s) / k), column(&|t, s| (1.0 - t / s) / k), dims);
        let w = log_x0.clone() - likelihood;
        let anywhere = log_sum_exp(w.clone(), 2) + column(&|_, s| (1.0 - s) / k);
        stay + log_add_exp(w + column(&|_, s| s), anywhere.expand(dims))
    }
}

/// One logarithm where the token is `x_t`, another where it is not: columns to `[batch, length, vocabulary]`.
fn pick(x_t: &Tensor<2>, same: Tensor<3>, other: Tensor<3>, dims: [usize; 3]) -> Tensor<3> {
    other.expand(dims).mask_where(places(x_t, dims[2]), same.expand(dims))
}

/// `ln(exp a + exp b)`.
fn log_add_exp(a: Tensor<3>, b: Tensor<3>) -> Tensor<3> {
    let top = a.clone().max_pair(b.clone()).detach();
    ((a - top.clone()).exp() + (b - top.clone()).exp()).log() + top
}
