//! The cross entropy of values taken as probabilities.

use burn::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Reconstruction;
use crate::Result;
use crate::config::check::between;
use crate::registry::{About, Member};

/// The mean of `−p ln q − (1 − p) ln(1 − q)`, with `p` and `q` the sample and its reconstruction moved from −1 to 1 to 0 to 1.
///
/// A decoder's values have no bounds; beyond these ones the gradient would be lost, so that below `margin` and above its counterpart the logarithm goes
/// on as its tangent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Bce {
    /// Where the logarithm becomes its tangent.
    pub margin: f64,
}

impl Default for Bce {
    fn default() -> Self {
        Self { margin: 1e-3 }
    }
}

impl Member for Bce {
    const ABOUT: About = About {
        summary: "Cross entropy of values taken as probabilities, from black at 0 to white at 1",
        paper: "Kingma and Welling 2014, Appendix C.1, https://arxiv.org/abs/1312.6114",
    };
}

impl Bce {
    /// `ln q`, and below the margin its tangent.
    fn log(&self, q: Tensor<2>) -> Tensor<2> {
        let held = q.clone().clamp_min(self.margin);
        let short = (q - held.clone()) / self.margin;
        held.log() + short
    }
}

impl Reconstruction for Bce {
    fn cost(&self, x: Tensor<2>, reconstruction: Tensor<2>, _shape: &[usize]) -> Tensor<1> {
        let [p, q] = [x, reconstruction].map(|x| (x + 1.0) * 0.5);
        let wrong = self.log(-q.clone() + 1.0);
        -(p.clone() * self.log(q) + (-p + 1.0) * wrong).mean()
    }
    fn check(&self, _shape: &[usize]) -> Result<()> {
        between("margin", self.margin, 0.0, 0.5)
    }
}
