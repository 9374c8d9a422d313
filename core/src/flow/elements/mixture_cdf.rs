//! The distribution function of a mixture of logistics, its logit, and a scale and a shift.
//!
//! ```text
//! y = e^s logit Σ_k w_k σ(a_k (x − μ_k)) + t
//! ```

use burn::prelude::*;
use kiln_kernels::coupling::BOUND;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::mixture::Mixture;
use super::neural::APART;
use super::shared::{by_number, part, positive, single, spread};
use super::{Element, Layout, root};
use crate::Result;
use crate::config::check::at_least;
use crate::nn::over;
use crate::registry::{About, Member};

/// A mixture of logistics. Where all parameters are zero it is near the identity: the components must differ from each other to learn to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct MixtureCdf {
    /// Components.
    pub components: usize,
}

impl Default for MixtureCdf {
    fn default() -> Self {
        Self { components: 8 }
    }
}

impl Member for MixtureCdf {
    const ABOUT: About = About {
        summary: "Distribution function of a mixture of logistics: Flow++",
        paper: "Ho et al. 2019, https://arxiv.org/abs/1902.00275, section 3.2",
    };
}

impl MixtureCdf {
    fn mixture(&self, own: &Tensor<3>, like: &Tensor<2>) -> Mixture {
        let [logits, scales, means] = [0, 1, 2].map(|i| part(own, i * self.components, self.components));
        let scales = positive(scales);
        let shifts = -(means + spread(self.components, APART, like)) * scales.clone();
        Mixture { logits, scales, shifts }
    }

    /// `s`, softly bounded, and `t`.
    fn affine(&self, own: &Tensor<3>) -> [Tensor<2>; 2] {
        let [s, t] = [0, 1].map(|i| single(own, 3 * self.components + i));
        [over(s, BOUND).tanh() * BOUND, t]
    }
}

impl Element for MixtureCdf {
    fn check(&self) -> Result<()> {
        at_least("components", self.components, 1)
    }

    fn parameters(&self) -> usize {
        3 * self.components + 2
    }

    fn layout(&self) -> Layout {
        Layout::ByNumber
    }

    fn normalise(&self, x: Tensor<2>, parameters: Tensor<2>) -> [Tensor<2>; 2] {
        let own = by_number(&x, parameters);
        let [s, t] = self.affine(&own);
        let [y, log] = self.mixture(&own, &x).logit(x);
        [y * s.clone().exp() + t, (log + s).sum_dim(1)]
    }

    fn generate(&self, y: Tensor<2>, parameters: Tensor<2>) -> [Tensor<2>; 2] {
        let own = by_number(&y, parameters);
        let [s, t] = self.affine(&own);
        let y = (y - t) * (-s.clone()).exp();
        let between = self.mixture(&own, &y).bracket(&y);
        let [x, log] = root::inverse(|x, own| self.mixture(&own, &x).logit(x), y, own, between);
        [x, (log - s).sum_dim(1)]
    }
}
