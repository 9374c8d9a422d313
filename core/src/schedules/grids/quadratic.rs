//! `t_i = t_max (1 − i/N)²`: steps in the schedule's time that shorten towards data.
//!
//! Song et al. 2021, appendix D.2, <https://arxiv.org/abs/2010.02502>: DDIM's `τ_i = c i²`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Spacing, Span};
use crate::Result;
use crate::registry::{About, Member};

/// Equal steps in the root of time, down to data.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Quadratic {}

impl Member for Quadratic {
    const ABOUT: About = About {
        summary: "Equal steps in the root of the schedule's time (DDIM)",
        paper: "Song et al. 2021, https://arxiv.org/abs/2010.02502",
    };
}

impl Spacing for Quadratic {
    fn times(&self, span: &Span) -> Result<Vec<f64>> {
        let top = span.schedule.time(span.range[1]);
        Ok((0..span.steps).map(|i| top * (1.0 - i as f64 / span.steps as f64).powi(2)).collect())
    }
}
