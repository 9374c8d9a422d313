//! Structural similarity.

use burn::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Reconstruction;
use super::similarity::{WINDOW, check, planes, similarity};
use crate::Result;
use crate::registry::{About, Member};

/// One less the mean structural similarity, of each channel by itself.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Ssim {}

impl Member for Ssim {
    const ABOUT: About = About {
        summary: "One less the structural similarity of pictures",
        paper: "Wang et al. 2004, https://doi.org/10.1109/TIP.2003.819861",
    };
}

impl Reconstruction for Ssim {
    fn cost(&self, x: Tensor<2>, reconstruction: Tensor<2>, shape: &[usize]) -> Tensor<1> {
        let [whole, _] = similarity(planes(x, shape), planes(reconstruction, shape));
        -whole.mean() + 1.0
    }
    fn check(&self, shape: &[usize]) -> Result<()> {
        check(shape, "ssim", WINDOW)
    }
}
