//! Neighbours become channels: `[c, h, w]` to `[c f², h/f, w/f]`.

use burn::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Transform;
use crate::config::check::at_least;
use crate::flow::{Built, Map, Place};
use crate::nn::{Init, Mode, fold, unfold};
use crate::registry::{About, Member};
use crate::{Error, Result};

/// Patches of a picture become channels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Squeeze {
    /// Height and width of a patch.
    pub factor: usize,
}

impl Default for Squeeze {
    fn default() -> Self {
        Self { factor: 2 }
    }
}

impl Member for Squeeze {
    const ABOUT: About = About {
        summary: "Patches of a picture become channels",
        paper: "Dinh et al. 2017, https://arxiv.org/abs/1605.08803, section 3.6",
    };
}

impl Transform for Squeeze {
    fn build(&self, place: &Place, _init: &Init) -> Result<Built> {
        at_least("factor", self.factor, 2)?;
        let [channels, height, width] = place.picture()?;
        let factor = self.factor;
        if !height.is_multiple_of(factor) || !width.is_multiple_of(factor) {
            let message = format!(
                "{factor} needs a height and width divisible by it, and they are {height}x{width} here; take data of \
                 other sides, or fewer times `squeeze`"
            );
            return Err(Error::config("factor", message));
        }
        let bijection = Box::new(Squeezed { size: [channels, height, width], factor });
        Ok(Built { bijection, shape: vec![channels * factor * factor, height / factor, width / factor] })
    }
}

#[derive(Module, Debug)]
struct Squeezed {
    #[module(skip)]
    size: [usize; 3],
    factor: usize,
}

impl Map for Squeezed {
    fn normalise(&self, x: Tensor<2>, _told: Option<&Tensor<2>>, _mode: Mode) -> [Tensor<2>; 2] {
        let (batch, [c, h, w]) = (x.dims()[0], self.size);
        let none = Tensor::zeros([batch, 1], (&x.device(), x.dtype()));
        [fold(x.reshape([batch, c, h, w]), [self.factor; 2]).flatten(1, 3), none]
    }

    fn generate(&self, z: Tensor<2>, _told: Option<&Tensor<2>>) -> [Tensor<2>; 2] {
        let (batch, [c, h, w], f) = (z.dims()[0], self.size, self.factor);
        let none = Tensor::zeros([batch, 1], (&z.device(), z.dtype()));
        [unfold(z.reshape([batch, c * f * f, h / f, w / f]), [f; 2]).flatten(1, 3), none]
    }
}
