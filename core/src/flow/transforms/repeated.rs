//! Several bijections, so often one after the other.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Transform, TransformConfig};
use crate::Result;
use crate::config::check::at_least;
use crate::flow::sequence::Sequence;
use crate::flow::{Built, Place};
use crate::nn::Init;
use crate::registry::{About, Member};

/// Several bijections, so often one after the other.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Repeated {
    /// How often.
    pub times: usize,
    /// From the data's side to the base's.
    pub transforms: Vec<TransformConfig>,
}

impl Default for Repeated {
    fn default() -> Self {
        let named = |name: &&str| TransformConfig::named(name).expect("the default should be registered");
        Self { times: 2, transforms: ["actnorm", "linear"].iter().map(named).collect() }
    }
}

impl Member for Repeated {
    const ABOUT: About = About {
        summary: "Several bijections, so often one after the other: the steps of a level",
        paper: "Kingma and Dhariwal 2018, https://arxiv.org/abs/1807.03039, section 3",
    };
}

impl Transform for Repeated {
    fn build(&self, place: &Place, init: &Init) -> Result<Built> {
        at_least("times", self.times, 1)?;
        let (sequence, shape) = Sequence::build(&self.transforms, self.times, place, init)?;
        Ok(Built { bijection: Box::new(sequence), shape })
    }
}
