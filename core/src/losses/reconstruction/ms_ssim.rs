//! Structural similarity at several scales.
//!
//! ```text
//! MS-SSIM = l_M^{α_M} Π_j cs_j^{α_j},   the picture halved from each scale to the next
//! ```

use burn::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Reconstruction;
use super::similarity::{WINDOW, check, halved, planes, similarity};
use crate::Result;
use crate::config::check::{not_empty, positive};
use crate::registry::{About, Member};

/// One less the structural similarity over scales, of each channel by itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct MsSsim {
    /// `α`, from the picture itself to its smallest: fewer for pictures below 176 by 176, where the window no longer fits into the last.
    pub weights: Vec<f64>,
}

impl Default for MsSsim {
    fn default() -> Self {
        Self { weights: vec![0.0448, 0.2856, 0.3001, 0.2363, 0.1333] }
    }
}

impl Member for MsSsim {
    const ABOUT: About = About {
        summary: "One less the structural similarity of pictures at several scales",
        paper: "Wang, Simoncelli and Bovik 2003, https://doi.org/10.1109/ACSSC.2003.1292216",
    };
}

impl Reconstruction for MsSsim {
    fn cost(&self, x: Tensor<2>, reconstruction: Tensor<2>, shape: &[usize]) -> Tensor<1> {
        let (mut x, mut y) = (planes(x, shape), planes(reconstruction, shape));
        let mut product: Option<Tensor<2>> = None;
        for (scale, weight) in self.weights.iter().enumerate() {
            if scale > 0 {
                (x, y) = (halved(x), halved(y));
            }
            let [whole, structure] = similarity(x.clone(), y.clone());
            let found = if scale + 1 == self.weights.len() { whole } else { structure };
            // A power of what is negative is no number: what has nothing in common counts as that.
            let power = (found.clamp_min(1e-6).log() * *weight).exp();
            product = Some(match product {
                Some(before) => before * power,
                None => power,
            });
        }
        -product.expect("there should be scales").mean() + 1.0
    }
    fn check(&self, shape: &[usize]) -> Result<()> {
        not_empty("weights", &self.weights)?;
        self.weights.iter().try_for_each(|weight| positive("weights", *weight))?;
        // The window has to fit into the smallest.
        check(shape, "ms_ssim", WINDOW << (self.weights.len() - 1))
    }
}
