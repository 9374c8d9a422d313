//! Monotone networks of one number.
//!
//! ```text
//! y = logit Σ_k w_k σ(a_k x + b_k),   a > 0, w a softmax's,   one such layer after the other
//! ```

use burn::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::mixture::Mixture;
use super::shared::{by_number, part, positive, spread};
use super::{Element, Layout, root};
use crate::Result;
use crate::config::check::at_least;
use crate::registry::{About, Member};

/// A deep sigmoidal flow. Where all parameters are zero it is near the identity: the units must differ from each other to learn to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Neural {
    /// Sigmoids in a layer.
    pub units: usize,
    /// Layers.
    pub layers: usize,
}

impl Default for Neural {
    fn default() -> Self {
        Self { units: 8, layers: 1 }
    }
}

impl Member for Neural {
    const ABOUT: About = About {
        summary: "Monotone sigmoidal network: neural autoregressive flows",
        paper: "Huang et al. 2018, https://arxiv.org/abs/1804.00779, section 3.2",
    };
}

/// How far apart units stand at first.
pub(super) const APART: f64 = 0.5;

impl Neural {
    fn layer(&self, all: &Tensor<3>, layer: usize) -> Tensor<3> {
        part(all, layer * 3 * self.units, 3 * self.units)
    }

    fn mixture(&self, own: &Tensor<3>, like: &Tensor<2>) -> Mixture {
        let [logits, scales, shifts] = [0, 1, 2].map(|i| part(own, i * self.units, self.units));
        Mixture { logits, scales: positive(scales), shifts: shifts + spread(self.units, APART, like) }
    }
}

impl Element for Neural {
    fn check(&self) -> Result<()> {
        at_least("units", self.units, 1)?;
        at_least("layers", self.layers, 1)
    }

    fn parameters(&self) -> usize {
        3 * self.units * self.layers
    }

    fn layout(&self) -> Layout {
        Layout::ByNumber
    }

    fn normalise(&self, x: Tensor<2>, parameters: Tensor<2>) -> [Tensor<2>; 2] {
        let all = by_number(&x, parameters);
        let log = x.zeros_like();
        let [y, log] = (0..self.layers).fold([x, log], |[x, log], layer| {
            let [y, more] = self.mixture(&self.layer(&all, layer), &x).logit(x);
            [y, log + more]
        });
        [y, log.sum_dim(1)]
    }

    fn generate(&self, y: Tensor<2>, parameters: Tensor<2>) -> [Tensor<2>; 2] {
        let all = by_number(&y, parameters);
        let log = y.zeros_like();
        let [x, log] = (0..self.layers).rev().fold([y, log], |[y, log], layer| {
            let own = self.layer(&all, layer);
            let between = self.mixture(&own, &y).bracket(&y);
            let [x, more] = root::inverse(|x, own| self.mixture(&own, &x).logit(x), y, own, between);
            [x, log + more]
        });
        [x, log.sum_dim(1)]
    }
}
