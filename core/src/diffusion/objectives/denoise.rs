//! Denoising: the network learns the mean of the data given the noisy sample.
//!
//! ```text
//! L = E_{σ, y, n} w(σ) ‖F(c_in x) − (y − c_skip x)/c_out‖²,   x = y + σ n
//! ```
//!
//! Karras et al. 2022, Eq. 8, <https://arxiv.org/abs/2206.00364>; Vincent 2011, <https://doi.org/10.1162/NECO_a_00142>. With the
//! prediction `flow` it is flow matching, with `epsilon` DDPM's loss.

use burn::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::Noisy;
use super::{Lesson, Objective};
use crate::registry::{About, Member};

/// Denoising score matching, flow matching: the default.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Denoise {}

impl Member for Denoise {
    const ABOUT: About = About {
        summary: "Denoising score matching and flow matching: the mean of the data at every noise level",
        paper: "Karras et al. 2022, Eq. 8, https://arxiv.org/abs/2206.00364",
    };
}

impl Objective for Denoise {
    fn loss(&self, lesson: &Lesson) -> Tensor<1> {
        let sigma = lesson.sigma();
        let y = lesson.examples();
        let n = lesson.coupled_noise();
        let x = y.clone() + n * lesson.column(&sigma, |sigma| sigma);
        let class = lesson.one_hot(&lesson.classes());
        lesson.regression(x, y, &Noisy::new(sigma, class))
    }
}
