//! Half of the channels leave: nothing after it acts on them, and their density is one that the others know.
//!
//! ```text
//! z_b = e(x_b; g(x_a, told)) is of the base,   x_a goes on
//! ```
//!
//! Dinh et al. 2017, <https://arxiv.org/abs/1605.08803>, section 3.6 (multi-scale). Of an affine element and a normal base it is Glow's, whose
//! prior of what leaves is the Gaussian `N(μ(x_a), σ(x_a)²)`: `e` takes its mean away and divides by its deviation.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Transform;
use super::coupling::Coupled;
use crate::flow::conditioners::ConditionerConfig;
use crate::flow::elements::ElementConfig;
use crate::flow::partition::Partition;
use crate::flow::{Built, Place};
use crate::nn::Init;
use crate::registry::{About, Member};
use crate::{Error, Result};

/// Half of the channels leave.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Split {
    /// What carries those that leave to the base.
    pub element: ElementConfig,
    /// The network that makes its parameters of those that stay.
    pub conditioner: ConditionerConfig,
}

impl Default for Split {
    fn default() -> Self {
        let element = ElementConfig::named("affine").expect("the default should be registered");
        Self { element, conditioner: ConditionerConfig::default() }
    }
}

impl Member for Split {
    const ABOUT: About = About {
        summary: "Half of the channels leave, with a density that the others know: multi-scale flows",
        paper: "Dinh et al. 2017, https://arxiv.org/abs/1605.08803, section 3.6; Kingma and Dhariwal 2018, https://arxiv.org/abs/1807.03039",
    };
}

impl Transform for Split {
    fn build(&self, place: &Place, init: &Init) -> Result<Built> {
        let [channels, numbers] = place.channels();
        if channels < 2 {
            let message = format!(
                "half of the channels leave, and there is {channels} here; take `squeeze` before, or leave it out"
            );
            return Err(Error::config(".", message));
        }
        let stay = channels.div_ceil(2);
        let partition = Partition::after(&place.shape, stay * numbers);
        let coupled = Coupled::new((&self.element, &self.conditioner), partition, place.told, init)?;
        let mut shape = place.shape.clone();
        shape[0] = stay;
        Ok(Built { bijection: Box::new(coupled), shape })
    }
}
