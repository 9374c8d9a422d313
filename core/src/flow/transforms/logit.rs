//! From an interval to all numbers.
//!
//! ```text
//! p = α + (1 − 2α) (x/B + 1)/2,   z = ln p − ln (1 − p)
//! ```
//!
//! Dinh et al. 2017, <https://arxiv.org/abs/1605.08803>, section 4.1. Beyond `[−B, B]`, where data are not, `z` goes on as its tangents do: it is
//! a bijection of all numbers.

use burn::prelude::*;
use burn::tensor::activation::sigmoid;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Transform;
use crate::Result;
use crate::config::check::{between, positive};
use crate::flow::{Built, Map, Place};
use crate::nn::{Init, Mode, over};
use crate::registry::{About, Member};

/// The logit of numbers in an interval.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Logit {
    /// `α`, which keeps the ends of the interval finite.
    pub alpha: f64,
    /// `B`: data lie in `[−B, B]`. The cells of bytes in [-1, 1] reach to 256/255.
    pub bound: f64,
}

impl Default for Logit {
    fn default() -> Self {
        Self { alpha: 0.05, bound: 256.0 / 255.0 }
    }
}

impl Member for Logit {
    const ABOUT: About = About {
        summary: "Logit: from an interval to all numbers",
        paper: "Dinh et al. 2017, https://arxiv.org/abs/1605.08803, section 4.1",
    };
}

impl Transform for Logit {
    fn build(&self, place: &Place, _init: &Init) -> Result<Built> {
        between("alpha", self.alpha, 0.0, 0.5)?;
        positive("bound", self.bound)?;
        Ok(Built::same(Unbounded { alpha: self.alpha, bound: self.bound }, place))
    }
}

#[derive(Module, Debug)]
struct Unbounded {
    alpha: f64,
    bound: f64,
}

impl Unbounded {
    /// `dp/dx`.
    fn slope(&self) -> f64 {
        (1.0 - 2.0 * self.alpha) / (2.0 * self.bound)
    }

    /// `dp/dz` at the ends of the interval.
    fn end(&self) -> f64 {
        self.alpha * (1.0 - self.alpha)
    }

    /// `ln dp/dz`, `[batch, features]`.
    fn log_slope(p: &Tensor<2>) -> Tensor<2> {
        (p.clone() * (-p.clone() + 1.0)).log()
    }
}

impl Map for Unbounded {
    fn normalise(&self, x: Tensor<2>, _told: Option<&Tensor<2>>, _mode: Mode) -> [Tensor<2>; 2] {
        let p = x * self.slope() + 0.5;
        let within = p.clone().clamp(self.alpha, 1.0 - self.alpha);
        let beyond = over(p - within.clone(), self.end());
        let z = within.clone().log() - (-within.clone() + 1.0).log() + beyond;
        [z, (-Self::log_slope(&within) + self.slope().ln()).sum_dim(1)]
    }

    fn generate(&self, z: Tensor<2>, _told: Option<&Tensor<2>>) -> [Tensor<2>; 2] {
        let most = libm::log(1.0 - self.alpha) - libm::log(self.alpha);
        let within = z.clone().clamp(-most, most);
        let p = sigmoid(within.clone());
        let log = (Self::log_slope(&p) - self.slope().ln()).sum_dim(1);
        [over(p + (z - within) * self.end() - 0.5, self.slope()), log]
    }
}
