//! Equal steps in the schedule's time: `t_i = t_max (1 − i/N)`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Spacing, Span};
use crate::Result;
use crate::registry::{About, Member};

/// Equal steps in time, down to data.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Linear {}

impl Member for Linear {
    const ABOUT: About = About {
        summary: "Equal steps in the schedule's time",
        paper: "Lipman et al. 2023, https://arxiv.org/abs/2210.02747",
    };
}

impl Spacing for Linear {
    fn times(&self, span: &Span) -> Result<Vec<f64>> {
        let top = span.schedule.time(span.range[1]);
        Ok((0..span.steps).map(|i| top * (1.0 - i as f64 / span.steps as f64)).collect())
    }
}
